// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { computed } from 'vue';
import { mount, settled } from '../../testing/mount.ts';
import type { LedgerMove, Lot } from '../case/lots.ts';
import { Fault } from '../storage/fault.ts';
import StockPage from './StockPage.vue';
import type { NewMove } from './useStock.ts';

const lot = (maker: string, balance: number, takenBy: string[] = []): Lot => ({
  key: `0201 ${maker} A1`,
  vaccine: '0201',
  lot: 'A1',
  maker,
  expiry: '2035-12-31',
  since: '2026-01-01',
  balance,
  expired: false,
  usable: balance > 0,
  takenBy,
});
const lots = [lot('甲', 90), lot('乙', -20, ['nurse1', 'nurse2'])];
const addMove = vi.fn<(move: NewMove) => Promise<void>>();
const counted = { kind: 'count', vaccine: '0201', lot: 'A1', count: { counted: 90 }, by: 'chief' };

vi.mock('./useStock', () => ({
  useLots: () => computed(() => lots),
  useMoves: () => computed(() => [counted as unknown as LedgerMove]),
  knownOf: () => ({ seen: ['01K9A3Q6Z0000000000000000A'], given: 4 }),
  addMove: (move: NewMove) => addMove(move),
}));
vi.mock('../workspace/session', () => ({
  useSession: () => ({ user: computed(() => ({ grade: 'senior' })) }),
}));
vi.mock('../workspace/rights', () => ({ isSenior: () => true }));

it('keeps two makers apart, and names who took out what was not there', async () => {
  const page = await mount(StockPage, {}, { locale: 'zh' });
  expect(document.querySelectorAll('[data-testid="lot-row"]')).toHaveLength(2);
  expect(page.get('lot-overdrawn').textContent).toContain('nurse1');
  expect(page.get('lot-overdrawn').textContent).toContain('nurse2');
  expect(page.text()).toContain('= 90');
});

it('says what was counted and what was known, and why it is not saved', async () => {
  addMove.mockRejectedValueOnce(new Fault('Denied', { code: 'beyond-stock', part: 'field doses' }));
  const page = await mount(StockPage, {}, { locale: 'zh' });
  await page.click('stock-count');
  await page.fill('move-doses', '88');
  await page.click('form-save');
  await settled();
  expect(addMove.mock.lastCall?.[0]).toMatchObject({
    kind: 'count',
    count: { counted: 88, seen: ['01K9A3Q6Z0000000000000000A'], given: 4 },
  });
  expect(page.text()).toContain('出库数量超过结存');
});
