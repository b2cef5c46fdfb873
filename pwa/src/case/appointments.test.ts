import { describe, expect, it } from 'vitest';
import { bookedOf, fateOf, nextBooked } from './appointments.ts';
import type { ChildDoc } from './document.ts';

const TODAY = '2026-11-23';
const booking = (on: string, more: object = {}) => ({
  kind: 'appointment',
  state: 'booked',
  on,
  part: 'am',
  at: '2026-11-01T08:00:00.000Z',
  ...more,
});
const dose = (date: string, origin = 'given') => ({ kind: 'dose', origin, date, vaccine: '0201' });

function child(events: Record<string, object>): ChildDoc {
  return { _id: 'child:a', type: 'child', facts: {}, events } as unknown as ChildDoc;
}

describe('appointments', () => {
  it('stand until they are moved or cancelled, and a void takes the moving back', () => {
    const moved = {
      '01': booking('2026-11-25'),
      '02': booking('2026-12-02', { replaces: '01' }),
    };
    expect(bookedOf(child(moved)).map(({ on }) => on)).toEqual(['2026-12-02']);
    const voided = { ...moved, '03': { kind: 'void', target: '02', reason: 'entry' } };
    expect(bookedOf(child(voided)).map(({ on }) => on)).toEqual(['2026-11-25']);
    const cancelled = {
      ...moved,
      '03': booking('2026-12-02', { state: 'cancelled', replaces: '02' }),
    };
    expect(bookedOf(child(cancelled))).toEqual([]);
  });

  it('are kept by a dose of the day, or one given since they were booked; else missed', () => {
    const fate = (events: Record<string, object>) =>
      bookedOf(child(events)).map((one) => fateOf(one, TODAY));
    const past = { '01': booking('2026-11-20') };
    expect(fate(past)).toEqual(['missed']);
    expect(fate({ ...past, '02': dose('2026-11-20') })).toEqual(['kept']);
    expect(fate({ ...past, '02': dose('2026-11-18') })).toEqual(['kept']);
    // The dose after which it was booked, one that came late, and one copied from elsewhere.
    expect(fate({ ...past, '02': dose('2026-11-01') })).toEqual(['missed']);
    expect(fate({ ...past, '02': dose('2026-11-22') })).toEqual(['missed']);
    expect(fate({ ...past, '02': dose('2026-11-20', 'history') })).toEqual(['missed']);
    expect(fate({ '01': booking(TODAY) })).toEqual(['open']);
  });

  it('have one that is next', () => {
    const all = {
      '01': booking('2026-12-09'),
      '02': booking('2026-11-20'),
      '03': booking('2026-12-01'),
    };
    expect(nextBooked(bookedOf(child(all)), TODAY)?.on).toBe('2026-12-01');
    expect(nextBooked([], TODAY)).toBeNull();
  });
});
