import { expect, it } from 'vitest';
import type { ChildDoc } from './document.ts';
import { enteredTwice } from './twice.ts';

const dose = (date: string, site: string, vaccine = '0401') => ({
  kind: 'dose',
  date,
  site,
  vaccine,
});

function twice(events: Record<string, object>, ...tooSoon: string[]) {
  const child = { _id: 'child:A', type: 'child', facts: {}, events } as unknown as ChildDoc;
  return [...enteredTwice(child, (id) => tooSoon.includes(id))].sort();
}

it('shows the same vaccine on one day, whoever entered it', () => {
  const events = { A: dose('2026-01-01', '1'), B: dose('2026-01-01', '1') };
  expect(twice(events)).toEqual(['A', 'B']);
  expect(twice({ ...events, V: { kind: 'void', target: 'B' } })).toEqual([]);
  expect(twice({ ...events, B: dose('2026-01-01', '1', '0501') })).toEqual([]);
});

it('shows doses of two sites that are too close, and not those of one', () => {
  const events = { A: dose('2026-01-01', '1'), B: dose('2026-01-08', '2') };
  expect(twice(events, 'B')).toEqual(['A', 'B']);
  expect(twice(events)).toEqual([]);
  expect(twice({ ...events, B: dose('2026-01-08', '1') }, 'B')).toEqual([]);
});
