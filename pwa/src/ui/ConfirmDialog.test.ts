// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { mount, settled } from '../../testing/mount.ts';
import ConfirmDialog from './ConfirmDialog.vue';
import { asked, confirm } from './confirm.ts';

const QUESTION = { title: '停用？', text: '立即退出所有设备。', yes: '停用', danger: true };

describe('a question before what cannot be taken back', () => {
  it('says what follows, and resolves with the answer', async () => {
    const page = await mount(ConfirmDialog, {});
    const answer = confirm(QUESTION);
    await settled();
    expect(page.text()).toContain('立即退出所有设备。');
    await page.click('confirm-yes');
    expect(await answer).toBe(true);
    expect(asked.value).toBeNull();
  });

  it('takes a closed question, and one that another replaced, for a no', async () => {
    const page = await mount(ConfirmDialog, {});
    const first = confirm(QUESTION);
    const second = confirm(QUESTION);
    expect(await first).toBe(false);
    await settled();
    await page.click('confirm-no');
    expect(await second).toBe(false);
  });
});
