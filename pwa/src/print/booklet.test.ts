import { describe, expect, it } from 'vitest';
import type { ChildDoc, ChildEvent } from '../case/document.ts';
import { bookletState, lineOf, linesFrom, placeOf, printedEvent, unprinted } from './booklet';

const by = { at: '2026-11-23T01:00:00.000Z', by: 'nurse1', station: 'S', site: '5104020001' };
const meta = { ...by, offset_ms: null, app: '0.1.0' };
const event = (more: object): ChildEvent => ({ ...meta, ...more }) as unknown as ChildEvent;
const dose = (date: string, origin = 'given') =>
  event({ kind: 'dose', date, origin, vaccine: '0402' });
const issued = (number: string, state = 'issued') =>
  event({ kind: 'certificate', date: '2026-11-01', number, state, edition: 'cn-2016' });
const printed = (lines: [string, number, number][], certificate?: string) =>
  event({
    kind: 'printed',
    date: '2026-11-01',
    edition: 'cn-2016',
    ...(certificate && { certificate }),
    lines: lines.map(([one, page, row]) => ({ dose: one, page, row })),
  });
const child = (events: ChildDoc['events']): ChildDoc => ({
  _id: 'child:01JD0000000000000000000000',
  type: 'child',
  facts: {},
  events,
});
const next = (events: ChildDoc['events']) => {
  const state = bookletState(child(events), 'cn-2016', 15);
  return { line: state.next, doses: unprinted(state).map(({ id }) => id) };
};

describe('the next free lines (续打)', () => {
  it('come after what was printed, over the end of a page', () => {
    expect(
      next({
        '01A': dose('2026-05-01'),
        '01B': dose('2026-06-01'),
        '01C': printed([['01A', 1, 15]]),
      }),
    ).toEqual({ line: 16, doses: ['01B'] });
    expect(placeOf(16, 15)).toEqual({ page: 2, row: 1 });
    expect(lineOf({ page: 2, row: 1 }, 15)).toBe(16);
  });

  it('leave the line of a voided dose taken', () => {
    expect(
      next({
        '01A': dose('2026-05-01'),
        '01B': printed([['01A', 1, 1]]),
        '01C': event({ kind: 'void', target: '01A', reason: 'wrong' }),
        '01D': dose('2026-06-01'),
      }),
    ).toEqual({ line: 2, doses: ['01D'] });
  });

  it('leave room for what was copied from the booklet, which stands there by hand', () => {
    const copied = dose('2026-05-01', 'history');
    expect(next({ '01A': copied, '01B': dose('2026-06-01') })).toEqual({ line: 2, doses: ['01B'] });
  });

  it('begin anew in a new booklet, with every dose', () => {
    const events = {
      '01A': dose('2026-05-01', 'history'),
      '01B': dose('2026-06-01'),
      '01C': printed([['01B', 1, 2]]),
      '01D': issued('A-1'),
    };
    expect(next(events)).toEqual({ line: 1, doses: ['01A', '01B'] });
    const printedInIt = { ...events, '01E': printed([['01A', 1, 1]], 'A-1') };
    expect(next(printedInIt)).toEqual({ line: 2, doses: ['01B'] });
    // 补证
    const replaced = { ...printedInIt, '01F': issued('A-1', 'lost'), '01G': issued('A-2') };
    expect(next(replaced)).toEqual({ line: 1, doses: ['01A', '01B'] });
  });
});

it('records each line with its dose and the booklet that it stands in', () => {
  const state = bookletState(
    child({ '01A': issued('A-1'), '01B': dose('2026-05-01'), '01C': dose('2026-05-02') }),
    'cn-2020',
    15,
  );
  expect(printedEvent(state, linesFrom(unprinted(state), 15), 15, '2026-11-29')).toEqual({
    kind: 'printed',
    date: '2026-11-29',
    edition: 'cn-2016',
    certificate: 'A-1',
    lines: [
      { dose: '01B', page: 1, row: 15 },
      { dose: '01C', page: 2, row: 1 },
    ],
  });
});
