import { expect, it } from 'vitest';
import type { Context } from './context.ts';
import { denialOf } from './rules.ts';
import { PIN_TRIES, pinState } from './visits.ts';

const AT = '2026-11-23T01:00:00.000Z';
const ids = (count: number) =>
  Array.from({ length: count }, (_, n) => `01K9A3Q6Z00000000000000E${n}A`);
const [E0 = '', E1 = '', E2 = ''] = ids(3);
const nurse: Context = { today: '2026-11-23', author: { by: 'nurse', senior: false } };
const senior: Context = { today: '2026-11-23', author: { by: 'chief', senior: true } };
const database: Context = {};

const child = (events: Record<string, object>) => ({
  facts: { birth_date: { value: '2026-01-05', at: AT, by: 'nurse' } },
  events,
});
const event = (kind: string, more: object) => ({
  kind,
  date: '2026-11-23',
  at: AT,
  by: 'nurse',
  ...more,
});
const pin = (step: string, more: object = {}) => event('pin', { step, ...more });
const set = pin('set', { verifier: { iterations: 600_000, salt: 's', hash: 'h' } });
const byPin = event('consent', { vaccines: ['0201'], agreed: true, informed: { method: 'pin' } });
/** What is said of the last of the events, where the others stand. */
function said(context: Context, ...events: object[]): string | undefined {
  const all = Object.fromEntries(ids(events.length).map((id, n) => [id, events[n] ?? {}]));
  const before = Object.fromEntries(Object.entries(all).slice(0, -1));
  return denialOf(child(before), child(all), context)?.code;
}
const wrongs = (count: number) => Array.from({ length: count }, () => pin('wrong'));

it('a PIN that was never set consents to nothing, in the page and in the database', () => {
  for (const context of [nurse, database]) {
    expect(said(context, byPin)).toBe('pin-not-set');
    expect(said(context, set, byPin)).toBeUndefined();
  }
  expect(said(nurse, set, pin('reset', { reason: 'forgotten' }), byPin)).toBe('pin-not-set');
});

it('five wrong ones lock it until a senior unlocks it; a right one begins again', () => {
  expect(said(nurse, set, ...wrongs(PIN_TRIES - 1), byPin)).toBeUndefined();
  expect(said(nurse, set, ...wrongs(PIN_TRIES), byPin)).toBe('pin-locked');
  expect(said(nurse, set, ...wrongs(PIN_TRIES), set)).toBe('pin-locked');
  const unlocked = pin('unlocked', { reason: 'the guardian showed an ID card' });
  expect(said(nurse, set, ...wrongs(PIN_TRIES), unlocked, byPin)).toBeUndefined();
  const events = Object.fromEntries(ids(3).map((id, n) => [id, [set, pin('wrong'), byPin][n]]));
  expect(pinState(events)).toEqual({ set: E0, wrong: 0 });
});

it('a PIN is unlocked and reset by a senior with a reason, and no wrong try is taken back', () => {
  const unlocked = pin('unlocked', { reason: 'seen' });
  expect(said(nurse, set, unlocked)).toBe('senior-only');
  expect(said(senior, set, unlocked)).toBeUndefined();
  expect(said(senior, set, pin('unlocked'))).toBe('missing-field');
  expect(said(nurse, pin('set'))).toBe('missing-field');
  const taken = event('void', { target: E1, reason: 'other' });
  expect(said(nurse, set, pin('wrong'), taken)).toBe('senior-only');
});

it('a bill is the sum of its lines, and is given back once', () => {
  const charges = [
    { item: '2201', count: 1, price_fen: 13_800 },
    { item: 'service', count: 1, price_fen: 2_800 },
  ];
  const paid = event('payment', {
    charges,
    total_fen: 16_600,
    received_fen: 20_000,
    method: 'cash',
  });
  const back = event('payment', { charges, total_fen: -16_600, method: 'cash', refunds: E0 });
  expect(said(database, paid)).toBeUndefined();
  expect(said(database, { ...paid, total_fen: 16_000 })).toBe('wrong-total');
  expect(said(database, { ...paid, received_fen: 10_000 })).toBe('wrong-total');
  expect(said(database, paid, back)).toBeUndefined();
  expect(said(database, paid, back, back)).toBe('refunded');
  expect(said(database, { ...back, refunds: E1 })).toBe('unknown-target');
  expect(said(nurse, paid, event('void', { target: E0, reason: 'other' }))).toBe('senior-only');
});

it('who leaves before the time says why', () => {
  const stay = event('stay', {
    since: AT,
    until: '2026-11-23T01:29:59.000Z',
    minutes: 30,
    reaction: false,
  });
  expect(said(database, stay)).toBe('left-early');
  expect(said(database, { ...stay, until: '2026-11-23T01:30:00.000Z' })).toBeUndefined();
  expect(said(database, { ...stay, reason: 'the bus leaves' })).toBeUndefined();
});

it('what follows a reaction names it, and what is moved was booked', () => {
  const aefi = event('aefi', { symptoms: ['fever'] });
  expect(
    said(database, aefi, event('aefi_step', { target: E0, step: 'reported' })),
  ).toBeUndefined();
  expect(said(database, event('aefi_step', { target: E2, step: 'reported' }))).toBe(
    'unknown-target',
  );
  const booked = event('appointment', {
    state: 'booked',
    on: '2026-12-01',
    part: 'am',
    date: undefined,
  });
  expect(said(database, booked, { ...booked, replaces: E0 })).toBeUndefined();
  expect(said(database, { ...booked, state: 'cancelled' })).toBe('missing-field');
  expect(said(database, { ...booked, replaces: E2 })).toBe('unknown-target');
});
