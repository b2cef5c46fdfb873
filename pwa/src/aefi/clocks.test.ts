import { expect, it } from 'vitest';
import type { ChildDoc, ChildEvent } from '../case/document.ts';
import { casesOf, sorted, urgencyOf } from './clocks.ts';

const DOSE = '01KAM00000000000000000000A';
const AEFI = '01KAM00000000000000000000B';
const ids = 'CDEFGHJ';
const at = (day: string, time: string) => `${day}T${time}:00.000Z`;
const provenance = { by: 'nurse1', station: 's', site: '5104110001', offset_ms: 0, app: 't' };

function child(card: object | undefined, ...steps: [string, string, string][]): ChildDoc {
  const events: Record<string, object> = {
    [DOSE]: {
      kind: 'dose',
      date: '2026-11-20',
      vaccine: '1201',
      origin: 'given',
      at: at('2026-11-20', '01:00'),
    },
    [AEFI]: {
      kind: 'aefi',
      date: '2026-11-20',
      dose: DOSE,
      symptoms: ['urticaria'],
      card,
      at: at('2026-11-20', '02:00'),
    },
  };
  steps.forEach(([step, day, time], i) => {
    events[`01KAM00000000000000000000${ids[i]}`] = {
      kind: 'aefi_step',
      step,
      target: AEFI,
      date: day,
      at: at(day, time),
    };
  });
  const whole = Object.fromEntries(
    Object.entries(events).map(([id, one]) => [id, { ...provenance, ...one } as ChildEvent]),
  );
  return {
    _id: 'child:01KAM00000000000000000000X',
    type: 'child',
    facts: {},
    events: whole,
  } as ChildDoc;
}

const card = { found: '2026-11-20', doses: [DOSE], initial_class: '2', urgent: false };
const due = (one: ChildDoc) => {
  const next = casesOf(one)[0]?.next;
  return next && [next.step, new Date(next.due).toISOString()];
};

it('a reaction is reported within 48 hours, what is urgent within 2', () => {
  expect(due(child(card))).toEqual(['reported', '2026-11-22T02:00:00.000Z']);
  expect(due(child({ ...card, urgent: true }))).toEqual(['reported', '2026-11-20T04:00:00.000Z']);
});

it('found on an earlier day: the clock runs from that day’s beginning', () => {
  expect(due(child({ ...card, found: '2026-11-19' }))).toEqual([
    'reported',
    '2026-11-20T16:00:00.000Z',
  ]);
});

it('each step starts the next ones', () => {
  const reported: [string, string, string] = ['reported', '2026-11-21', '03:00'];
  const started: [string, string, string] = ['investigation', '2026-11-22', '03:00'];
  expect(due(child(card, reported))).toEqual(['investigation', '2026-11-23T03:00:00.000Z']);
  expect(due(child(card, reported, started))).toEqual(['case_form', '2026-11-25T03:00:00.000Z']);
  expect(due(child(card, reported, started, ['case_form', '2026-11-23', '03:00']))).toEqual([
    'first_report',
    '2026-11-29T03:00:00.000Z',
  ]);
  expect(due(child(card, reported, started, ['conclusion', '2026-11-24', '03:00']))).toBeNull();
});

it('a common reaction is closed by its report; one without a card has no clock', () => {
  const common = { ...card, initial_class: '1' };
  expect(due(child(common, ['reported', '2026-11-21', '03:00']))).toBeNull();
  expect(due(child(undefined))).toBeNull();
  expect(casesOf(child(undefined))[0]?.suspects.map(({ id }) => id)).toEqual([DOSE]);
});

it('the nearest limit comes first, and is overdue when it has passed', () => {
  const open = casesOf(child(card))[0];
  const urgent = casesOf(child({ ...card, urgent: true }))[0];
  const closed = casesOf(child(undefined))[0];
  if (!open || !urgent || !closed) throw new Error('no case');
  expect(sorted([closed, open, urgent])).toEqual([urgent, open, closed]);
  const now = Date.parse(at('2026-11-20', '05:00'));
  expect([urgent, open, closed].map((one) => urgencyOf(one, now))).toEqual([
    'overdue',
    'open',
    'closed',
  ]);
  expect(urgencyOf(open, Date.parse(at('2026-11-21', '05:00')))).toBe('soon');
});
