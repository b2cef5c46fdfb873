import { expect, it } from 'vitest';
import type { DueItem } from '../forecast/plan.ts';
import { candidates, coveredBy, rowsOf, type SetInput, setOf, withoutParts } from './today.ts';

const item = (group: string, vaccines: string[], held: DueItem['held'] = null): DueItem => ({
  ...{ group, target: 1, vaccines, held, recommended: '2026-11-01', earliest: null },
  ...{ pastDue: null, overdueDays: 0, seriesType: 'standard', reasons: [] },
});
const GROUPS: Record<string, string[]> = { '5001': ['DTaP', 'Polio', 'Hib'], '0402': ['DTaP'] };
const groupsOf = (vaccine: string) => GROUPS[vaccine] ?? [];
const DTAP = item('DTaP', ['0402', '5001']);
const POLIO = item('Polio', ['0306', '5001']);
const BCG = item('BCG', ['0101'], 'question');
const VAR = item('Varicella', ['2101']);
const input: SetInput = {
  due: [DTAP, POLIO, BCG],
  offered: [VAR],
  wanted: [DTAP, POLIO],
  registered: null,
  found: new Set(),
  inStock: () => true,
};
const said = (rows: ReturnType<typeof rowsOf>) => rows.map(({ group, chosen }) => [group, chosen]);

it('has what was wanted, and offers what else is due and what may be paid for', () => {
  const rows = rowsOf(input);
  expect(said(rows)).toEqual([
    ['DTaP', true],
    ['Polio', true],
    ['BCG', false],
    ['Varicella', false],
  ]);
  expect(rows.map(({ optional }) => optional)).toEqual([false, false, false, true]);
  expect(rows[2]?.held).toBe('question');
});

it('leaves out what the pre-check found, or takes another product for it', () => {
  const [dtap, polio] = rowsOf({ ...input, found: new Set(['0402', '5001', '0306']) });
  expect([dtap?.chosen, dtap?.held, polio?.held]).toEqual([false, 'found', 'found']);
  expect(rowsOf({ ...input, found: new Set(['0306']) })[1]?.vaccine).toBe('5001');
});

it('takes the product that is in stock, or that was registered before', () => {
  expect(rowsOf({ ...input, inStock: (one) => one === '5001' })[0]?.vaccine).toBe('5001');
  const again = rowsOf({ ...input, wanted: [], registered: ['2101'] });
  expect(said(again)).toEqual([
    ['DTaP', false],
    ['Polio', false],
    ['BCG', false],
    ['Varicella', true],
  ]);
});

it('takes the parts of a combined vaccine out, and says by which', () => {
  const rows = rowsOf(input).map((row) =>
    row.group === 'Polio' ? { ...row, vaccine: '5001' } : row,
  );
  expect(setOf(rows, groupsOf)).toEqual(['5001']);
  const [dtap, polio, bcg] = rows;
  expect(dtap && coveredBy(dtap, rows, groupsOf)?.group).toBe('Polio');
  expect(polio && coveredBy(polio, rows, groupsOf)).toBeNull();
  expect(bcg && coveredBy(bcg, rows, groupsOf)).toBeNull();
  expect(setOf(rowsOf(input), groupsOf)).toEqual(['0402', '0306']);
});

it('makes one of a combined vaccine that is chosen in two rows', () => {
  const two = [
    { group: 'DTaP', vaccine: '5001' },
    { group: 'Polio', vaccine: '5001' },
  ];
  expect(withoutParts(two, groupsOf)).toHaveLength(1);
});

it('names each product once for the pre-check', () => {
  const candidate = (code: string) => ({ code, kind: 'live', route: 'im', groups: [] });
  expect(candidates([DTAP, POLIO], candidate).map(({ code }) => code)).toEqual([
    '0402',
    '5001',
    '0306',
  ]);
});
