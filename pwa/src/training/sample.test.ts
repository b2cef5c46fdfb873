import { expect, it } from 'vitest';
import type { Lot } from '../case/lots.ts';
import { practiceChildren, practiceLots } from './sample.ts';

it('children to practise on are of the ages of the programme, and named so that nobody takes them for real', () => {
  const children = practiceChildren('2026-11-29');
  expect(children.map(({ birth_date }) => birth_date)).toContain('2026-11-27');
  for (const { name } of children) expect(name).toMatch(/^练习/);
});

it('each vaccine of the clinic has one lot for practice, and none of its own', () => {
  const lots = [
    { vaccine: '1201', lot: 'A' },
    { vaccine: '1201', lot: 'B' },
    { vaccine: '0401', lot: 'C' },
  ] as Lot[];
  expect(practiceLots(lots, '2026-11-29').map(({ lot, expiry }) => [lot, expiry])).toEqual([
    ['LX1201', '2027-11-29'],
    ['LX0401', '2027-11-29'],
  ]);
});
