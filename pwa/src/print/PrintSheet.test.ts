// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { mount } from '../../testing/mount.ts';
import type { Notice } from './generated.ts';
import PrintSheet from './PrintSheet.vue';
import { type Sheet, sheet } from './usePrint';

const notice: Notice = {
  clinic: { name: '城关镇卫生院' },
  child: { name: '王苗苗', code: '1', sex: 'F', birth_date: '2026-03-15' },
  given_on: '2026-11-23',
  given_at: '09:12',
  observe_until: '09:42',
  given: [{ vaccine: '麻腮风疫苗', lot: '202605012' }],
  appointment: '2026-12-16',
  next: [{ vaccine: 'A群流脑多糖疫苗' }],
};

/** What stood on the paper when the browser was told to print. */
async function printed(what: Sheet): Promise<string> {
  let paper = '';
  window.print = vi.fn(() => {
    paper = document.querySelector('[data-testid=print-sheet]')?.textContent ?? '';
  });
  const page = await mount(PrintSheet, {});
  sheet.value = what;
  await page.set({});
  await vi.waitFor(() => expect(window.print).toHaveBeenCalledOnce(), { timeout: 30_000 });
  return paper;
}

beforeEach(() => {
  sheet.value = null;
});

it('has the appointment on top, the times of the record, and lines to sign on', async () => {
  const paper = await printed({ template: 'notice', data: notice });
  expect(paper.indexOf('2026-12-16')).toBeLessThan(paper.indexOf('202605012'));
  for (const part of ['09:12', '09:42', '监护人签名', '医生签名']) expect(paper).toContain(part);
});

it('is an appointment and nothing else where nothing was given', async () => {
  const { given_at: _, observe_until: __, ...none } = notice;
  const paper = await printed({ template: 'notice', data: { ...none, given: [] } });
  expect(paper).toContain('预防接种预约单');
  expect(paper).toContain('2026-12-16');
  for (const absent of ['本次接种', '留观', '签名']) expect(paper).not.toContain(absent);
});

it('prints a paper of facts and tables', { timeout: 40_000 }, async () => {
  const clinic = { name: 'C' };
  const paper = await printed({
    template: 'paper',
    data: {
      clinic,
      title: '入托入学预防接种查验证明',
      facts: [{ label: '姓名', value: '王苗苗' }],
      tables: [{ columns: ['疫苗'], rows: [['麻腮风']] }],
      signs: ['接种单位（盖章）'],
    },
  });
  for (const part of ['查验证明', '姓名：', '王苗苗', '麻腮风', '盖章'])
    expect(paper).toContain(part);
});

it('prints a slip as such a paper', { timeout: 40_000 }, async () => {
  const child = { name: '王苗苗', code: '1', birth_date: '2026-01-01' };
  const paper = await printed({
    template: 'appointment',
    data: { clinic: { name: 'C' }, child, date: '2026-12-16', items: [{ vaccine: '百白破' }] },
  });
  for (const part of ['2026-12-16', '王苗苗', '百白破']) expect(paper).toContain(part);
});
