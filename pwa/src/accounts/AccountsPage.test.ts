// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mount, settled } from '../../testing/mount.ts';
import { asked } from '../ui/confirm.ts';
import AccountsPage from './AccountsPage.vue';

const NURSE = {
  name: 'nurse1',
  display_name: '王芳',
  grade: 'ordinary',
  site: '9901210001',
  region: null,
  disabled: false,
};

/** A server with one account; returns what it was asked to change. */
function server(): { method: string; body: unknown }[] {
  const changes: { method: string; body: unknown }[] = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit = {}) => {
    if (init.method !== 'GET') {
      changes.push({ method: init.method ?? '', body: JSON.parse(String(init.body)) });
      return new Response(JSON.stringify({ account: NURSE, password: null }));
    }
    return new Response(JSON.stringify({ accounts: [NURSE] }));
  });
  return changes;
}

afterEach(() => vi.unstubAllGlobals());

describe('changes of an account', () => {
  it('are asked for by the name of whom they concern, and done after a yes alone', async () => {
    const changes = server();
    const page = await mount(AccountsPage, {});
    await settled();
    await page.click('account-disable');
    expect(asked.value?.title).toContain('王芳');
    asked.value?.answer(false);
    await settled();
    expect(changes).toEqual([]);
    await page.click('account-disable');
    asked.value?.answer(true);
    await settled();
    expect(changes).toEqual([{ method: 'PATCH', body: { disabled: true } }]);
  });

  it('of the grade go back to what it was after a no', async () => {
    const changes = server();
    const page = await mount(AccountsPage, {});
    await settled();
    const select = page.get('account-nurse1').querySelector('select') as HTMLSelectElement;
    select.value = 'admin';
    select.dispatchEvent(new Event('change'));
    await settled();
    expect(asked.value?.yes).toContain('高级管理员');
    asked.value?.answer(false);
    await settled();
    expect(select.value).toBe('ordinary');
    expect(changes).toEqual([]);
  });
});
