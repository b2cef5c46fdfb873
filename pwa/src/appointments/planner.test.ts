import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clinicCalendar } from './clinic-days.ts';
import { NO_HOLIDAYS } from './holidays.ts';
import { createPlaces, type Places } from './places.ts';
import { type PlanInput, type PlannedDose, planVisits, type Wanted } from './planner.ts';

/** 2026-11-23, a Monday. */
const MONDAY = 20_780;

/** A series of a toy schedule: days from the first, of which each dose waits for the one before. */
interface Series {
  start: number;
  /** Days on time. */
  span: number;
  gaps: number[];
  live: boolean;
  group: string;
}

const APART = 28;
/** No toy series goes on so long. */
const LAST = MONDAY + 160;

function toy(series: readonly Series[]): PlanInput['ask'] {
  return (given) =>
    series.flatMap(({ group, start, span, gaps, live }): Wanted[] => {
      const own = given.filter((dose) => dose.group === group);
      if (own.length > gaps.length) return [];
      const last = own.at(-1);
      const due = last ? last.day + (gaps[own.length - 1] ?? 0) : MONDAY + start;
      const others = live ? given.filter((dose) => dose.live && dose.group !== group) : [];
      const after = Math.max(0, ...others.map(({ day }) => day + APART));
      const from = Math.max(due, after);
      const vaccine = `${group}-v`;
      const route = 'injection';
      return [
        {
          group,
          vaccine,
          target: own.length + 1,
          from,
          until: due + span,
          latest: null,
          route,
          live,
        },
      ];
    });
}

interface Cost {
  late: number;
  daysLate: number;
  visits: number;
}

/** The best of all that could be done: on each clinic day, any of what may be given. */
function exhaustive(input: PlanInput): Cost {
  const { ask, places, committee, until, maxInjections = 9 } = input;
  const known = new Map<string, Cost>();
  const firstDay = (dose: Wanted, from: number) =>
    places.first(Math.max(from, dose.from), LAST, { committee, doses: [dose] })?.day ?? LAST;
  const best = (given: readonly PlannedDose[], from: number): Cost => {
    const name = `${from} ${given.map(({ group, day }) => `${group}${day}`).sort()}`;
    const before = known.get(name);
    if (before) return before;
    const open = ask(given, from).filter((dose) => dose.from <= until);
    let found: Cost = { late: open.length ? 1000 : 0, daysLate: 0, visits: 0 };
    // Nobody gains by waiting longer than all is on time, but for the first day that there is.
    const first = Math.min(...open.map((dose) => firstDay(dose, from)));
    const end = Math.max(first + 7, ...open.map((dose) => dose.until));
    for (let day = from; open.length && day <= end; day++) {
      const may = open.filter((dose) => dose.from <= day);
      if (may.length === 0) continue;
      const subsets = Array.from({ length: 2 ** may.length - 1 }, (_, n) =>
        may.filter((_, bit) => (n + 1) & (1 << bit)),
      ).filter(
        (doses) =>
          doses.length <= maxInjections && places.place(day, { committee, doses }) !== null,
      );
      for (const doses of subsets) {
        const late = doses.filter((dose) => day > dose.until).length;
        const rest = best([...given, ...doses.map((dose) => ({ ...dose, day }))], day + 1);
        const daysLate = doses.reduce((sum, dose) => sum + Math.max(0, day - dose.until), 0);
        const cost = {
          late: late + rest.late,
          daysLate: daysLate + rest.daysLate,
          visits: 1 + rest.visits,
        };
        const better =
          cost.late - found.late || cost.daysLate - found.daysLate || cost.visits - found.visits;
        if (better < 0) found = cost;
      }
    }
    known.set(name, found);
    return found;
  };
  return best([], input.from);
}

const seriesOf = fc.record({
  start: fc.integer({ min: 0, max: 20 }),
  span: fc.integer({ min: 3, max: 25 }),
  gaps: fc.array(fc.constantFrom(21, 28, 30), { maxLength: 1 }),
  live: fc.boolean(),
});
const days = fc.record({
  weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 1 }),
  special: fc.option(fc.integer({ min: 1, max: 5 })),
  most: fc.integer({ min: 2, max: 3 }),
  full: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
});

function clinic({
  weekdays,
  special,
  full,
}: {
  weekdays: number[];
  special: number | null;
  full: number[];
}): Places {
  const rules = [
    { weekdays, sessions: [{ part: 'day' as const, capacity: 1 }] },
    ...(special === null ? [] : [{ weekdays: [special], vaccine: 'A' }]),
  ];
  const places = createPlaces(clinicCalendar({ clinic_days: rules }, NO_HOLIDAYS));
  for (const day of full) {
    places.take(MONDAY + day, 'day', { committee: null, doses: [{ group: 'other' }] });
  }
  return places;
}

describe('planVisits', () => {
  it('comes as seldom as the best of all plans, and is late as seldom', {
    timeout: 120_000,
  }, () => {
    const sum = { planned: 0, best: 0, lateMore: 0, cases: 0 };
    fc.assert(
      fc.property(fc.array(seriesOf, { minLength: 2, maxLength: 3 }), days, (all, open) => {
        const series = all.map((one, n) => ({ ...one, group: 'ABC'[n] ?? 'D' }));
        const input: PlanInput = {
          ask: toy(series),
          places: clinic(open),
          committee: null,
          from: MONDAY,
          until: LAST,
          maxInjections: open.most,
        };
        const plan = planVisits(input);
        const best = exhaustive(input);
        sum.cases++;
        sum.lateMore += plan.late.length - best.late;
        sum.planned += plan.visits.length;
        sum.best += best.visits;
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(sum.lateMore).toBeLessThanOrEqual(0);
    expect(sum.planned).toBeLessThanOrEqual(sum.best * 1.01);
  });
});
