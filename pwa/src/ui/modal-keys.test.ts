// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { nextTick, ref } from 'vue';
import { mount, settled } from '../../testing/mount.ts';
import { useKeys, useModalKeys } from './keys.ts';

it('the key that closes a dialog is not heard by the page below', async () => {
  const home = vi.fn();
  const open = ref(false);
  await mount(
    {
      setup() {
        useKeys({ Escape: home });
        useModalKeys(() => open.value);
        return () => null;
      },
    },
    {},
  );
  const press = () =>
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', cancelable: true }));
  open.value = true;
  await nextTick();
  // A browser runs what is awaited between the listener of the dialog and that of the page.
  open.value = false;
  await nextTick();
  press();
  expect(home).not.toHaveBeenCalled();
  await settled();
  press();
  expect(home).toHaveBeenCalledOnce();
});
