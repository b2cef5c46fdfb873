import { expect, it } from 'vitest';
import { localDate } from '../clock/clock.ts';
import { amended, type Measured } from './amend.ts';
import type { ChildDoc, ChildEvent, Facts } from './document.ts';
import { nothingOf } from './parts.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-23T09:00:00.000Z');
const OWN = '01M82YS7QR000000000000000S';
const measured: Measured = { station: OWN, now: NOW, offset: -20 * HOUR, dateOf: localDate };
const at = (hours: number) => new Date(NOW + hours * HOUR).toISOString();

function dose(moment: string, more: object = {}): ChildEvent {
  return {
    kind: 'dose',
    date: localDate(Date.parse(moment)),
    at: moment,
    by: 'nurse',
    station: OWN,
    site: '3301020001',
    offset_ms: 0,
    app: '1',
    vaccine: '0101',
    origin: 'given',
    ...more,
  } as ChildEvent;
}

function child(events: Record<string, ChildEvent>, facts: Facts = {}): ChildDoc {
  return { ...nothingOf('child:A'), events, facts };
}

it('puts right what a clock that was ahead has recorded, and its day', () => {
  // Recorded an hour ago by a clock that was 20 hours ahead, which nobody knew.
  const { E } = amended(child({ E: dose(at(19)) }), nothingOf('child:A'), measured).events;
  expect(E).toMatchObject({ at: at(-1), offset_ms: -20 * HOUR, date: '2026-11-23' });
});

it('is never later than now, whatever the clock has done since', () => {
  const back = { ...measured, offset: 0 };
  const { E } = amended(child({ E: dose(at(40)) }), nothingOf('child:A'), back).events;
  expect(E).toMatchObject({ at: at(0), date: localDate(NOW) });
});

it('leaves what is past, what others recorded, and a day that was typed', () => {
  const events = {
    A: dose(at(-1)),
    B: dose(at(19), { station: '01M82YS7QR000000000000000T' }),
    C: dose(at(19), { date: '2026-11-01' }),
  };
  const found = amended(child(events), nothingOf('child:A'), measured).events;
  expect([found.A, found.B]).toEqual([events.A, events.B]);
  expect(found.C).toMatchObject({ at: at(-1), date: '2026-11-01' });
});

it('sets facts to now, and not those that the server has', () => {
  const name = { value: '苗', at: at(19), by: 'nurse' };
  const facts = { name, phone: { value: '1', at: at(30), by: 'nurse' } };
  const base = child({}, { phone: facts.phone });
  const found = amended(child({}, facts), base, measured).facts;
  expect(found).toEqual({ name: { ...name, at: at(0) }, phone: facts.phone });
});

it('finds what it has amended before, when the answer was lost', () => {
  const leaf = child({ E: dose(at(19)) }, { name: { value: '苗', at: at(19), by: 'nurse' } });
  const there = amended(leaf, nothingOf('child:A'), measured);
  const later = { ...measured, now: NOW + HOUR, offset: -20 * HOUR - 7 };
  expect(amended(leaf, there, later)).toEqual(there);
});
