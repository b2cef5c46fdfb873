// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { nextTick } from 'vue';
import { mount } from '../../testing/mount.ts';
import MissingPart from './MissingPart.vue';

it.each(['zh', 'en'] as const)(
  'says in words (%s) that a part is gone, and how to go on',
  async (locale) => {
    const page = await mount(MissingPart, {}, { locale });
    expect(page.find('missing-part')).toBeNull();
    window.dispatchEvent(new Event('vite:preloadError'));
    await nextTick();
    expect(page.get('missing-part').getAttribute('role')).toBe('alert');
    expect(page.get('missing-reload').textContent?.trim()).toBe(
      locale === 'zh' ? '重新载入' : 'Reload',
    );
  },
);
