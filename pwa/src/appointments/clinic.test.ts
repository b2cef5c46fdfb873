/** A clinic of 1,000 children with six kinds of clinic day, for a year, by the real schedule. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ClinicDay } from '../models/generated.ts';
import { type Child, compile, type Schedule } from '../schedule/index.ts';
import { askOf, mostOf } from './ask.ts';
import { planClinic } from './clinic.ts';
import { clinicCalendar, type Visitor } from './clinic-days.ts';
import { holidaysOf, nationalDays } from './holidays.ts';
import { createPlaces } from './places.ts';

const EDITIONS = '../../../backend/miaopu/catalog/schedules/cn-nip-2026.json';
const schedule = JSON.parse(readFileSync(new URL(EDITIONS, import.meta.url), 'utf8')) as Schedule;
const compiled = compile(schedule);

/** 2026-01-05, a Monday. */
const TODAY = 20_458;
const YEAR = 365;
const half = (capacity: number) => [
  { part: 'am' as const, capacity },
  { part: 'pm' as const, capacity },
];
const RULES: ClinicDay[] = [
  { weekdays: [2, 4], sessions: half(6) },
  { weekdays: [6], weeks: 'odd', sessions: [{ part: 'am', capacity: 8 }] },
  { weekdays: [3], nth: [1, 3], vaccine: 'BCG', sessions: [{ part: 'pm', capacity: 3 }] },
  { month_days: [8, 18, 28], committee: '东村', sessions: half(6) },
  { weekdays: [1], weeks: 'even', committee: '西村', sessions: [{ part: 'day', capacity: 6 }] },
  { weekdays: [5], committee: '西村', sessions: [{ part: 'day', capacity: 6 }] },
];

/** A child of an age up to six years, with what it should have had until today. */
function childOf(n: number): { child: Child; committee: string | null } {
  const birth = TODAY - ((n * 37) % 2190);
  const committee = [null, null, null, '东村', '西村'][n % 5] ?? null;
  const child: Child = { birth, sex: n % 2 ? 'F' : 'M', doses: [], observations: [] };
  const ask = askOf(child, { compiled, programme: null });
  const given: Parameters<typeof ask>[0][number][] = [];
  for (let day = birth; day < TODAY; ) {
    const open = ask(given, day);
    const next = Math.max(day, Math.min(...open.map(({ from }) => from), TODAY));
    if (next >= TODAY) break;
    given.push(...open.filter(({ from }) => from <= next).map((dose) => ({ ...dose, day: next })));
    day = next;
  }
  child.doses = given.map(({ vaccine, day }, k) => ({ id: `${k}`, date: day, code: vaccine }));
  return { child, committee };
}

describe('a clinic with six kinds of clinic day', () => {
  it('has no day beyond its places, and every dose that can be is on time', {
    timeout: 240_000,
  }, async () => {
    const calendar = clinicCalendar({ clinic_days: RULES }, holidaysOf([await nationalDays()]));
    const places = createPlaces(calendar);
    const cases = Array.from({ length: 1000 }, (_, n) => childOf(n));
    const plans = planClinic(
      cases.map(({ child, committee }) => ({
        ask: askOf(child, { compiled, programme: null }),
        committee,
        from: TODAY,
        until: TODAY + YEAR,
        ...mostOf(compiled),
      })),
      places,
    );
    const booked = createPlaces(calendar);
    for (const [n, { visits }] of plans.entries()) {
      for (const { day, part, doses } of visits) {
        const visitor: Visitor = { committee: cases[n]?.committee ?? null, doses };
        expect(calendar.parts(day, visitor)).toContain(part);
        booked.take(day, part, visitor);
      }
    }
    const late = plans.flatMap((plan) => plan.late);
    let full = 0;
    for (let day = TODAY; day < TODAY + YEAR + 200; day++) {
      for (const pool of calendar.sessions(day)) {
        const most = pool.capacity ?? Number.POSITIVE_INFINITY;
        if (booked.taken(day, pool) === most) full++;
        expect(booked.taken(day, pool)).toBeLessThanOrEqual(most);
      }
    }
    // Places are scarce, or the test would say nothing.
    expect(full).toBeGreaterThan(50);
    expect(late.filter(({ why }) => why === 'full' || why === 'apart')).toEqual([]);
  });
});
