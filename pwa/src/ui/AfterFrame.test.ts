// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { h } from 'vue';
import { mount } from '../../testing/mount.ts';
import AfterFrame from './AfterFrame.vue';

it('shows its part when the first frame has been drawn, and not before', async () => {
  const page = await mount({ render: () => h(AfterFrame, () => h('p', '以后')) }, {});
  expect(page.text()).toBe('');
  await new Promise((resolve) =>
    requestAnimationFrame(() => setTimeout(() => setTimeout(resolve))),
  );
  expect(page.text()).toBe('以后');
});
