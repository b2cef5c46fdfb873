/** The visits that may come next: for which dose, on which day, and what is given beside it. Pure. */
import type { Day } from '../schedule/types.ts';
import type { PlanInput, Wanted } from './planner.ts';

/** How far beyond its time a session is looked for. */
const SEARCH_DAYS = 120;
/** Days that are tried for one visit. */
const MOST_DAYS = 4;

/** A dose that waits for its day. */
export interface Pending {
  dose: Wanted;
  /** The first day with a place; null: none. */
  first: Day | null;
  /** The last such day that is on time; the first, where none is. */
  by: Day;
}

export interface Choice {
  lead: Pending;
  day: Day;
  doses: Wanted[];
}

/** Between which days a dose can be given. */
export function pendingOf({ places, committee }: PlanInput, dose: Wanted, from: Day): Pending {
  const visitor = { committee, doses: [dose] };
  const start = Math.max(dose.from, from);
  const end = Math.min(
    dose.latest ?? Number.POSITIVE_INFINITY,
    Math.max(start, dose.until) + SEARCH_DAYS,
  );
  const first = places.first(start, end, visitor)?.day ?? null;
  let by = first ?? Number.POSITIVE_INFINITY;
  for (let day = Math.min(dose.until, end); day > by; day--) {
    if (places.place(day, visitor) !== null) by = day;
  }
  return { dose, first, by };
}

/**
 * Visits to try next, the most promising first. `all` is in the order of the last possible days. Of live
 * vaccines that must lie apart each may be the first.
 */
export function choicesOf(input: PlanInput, all: readonly Pending[], from: Day): Choice[] {
  const [first, ...others] = all;
  if (!first) return [];
  const rivals = first.dose.live ? others.filter(({ dose }) => dose.live) : [];
  return [first, ...rivals].flatMap((lead) => choicesFor(input, lead, all, from));
}

/** Days for a visit, with what is given; the fullest first. */
function choicesFor(input: PlanInput, lead: Pending, all: readonly Pending[], from: Day): Choice[] {
  return daysFor(input, lead, all, from)
    .flatMap((day) =>
      waysToShare(lead, together(input, day, lead, all), all).map((doses) => ({
        lead,
        day,
        doses,
      })),
    )
    .sort((a, b) => b.doses.length - a.doses.length || a.day - b.day)
    .slice(0, MOST_DAYS);
}

/** The first good day for the dose of a visit, and the first on which each other dose is due as well. */
function daysFor(
  { places, committee }: PlanInput,
  lead: Pending,
  all: readonly Pending[],
  from: Day,
): Day[] {
  const days = new Set<Day>();
  for (const { dose } of all) {
    const start = Math.max(lead.dose.from, dose.from, from);
    if (start > lead.by) continue;
    const found =
      places.first(start, lead.by, { committee, doses: [lead.dose, dose] }) ??
      places.first(start, lead.by, { committee, doses: [lead.dose] });
    if (found) days.add(found.day);
  }
  return [...days];
}

/** What is given on a day with the dose that it is for, the one that cannot wait longest first. */
function together(
  { places, committee, maxInjections, maxOral }: PlanInput,
  day: Day,
  lead: Pending,
  all: readonly Pending[],
): Wanted[] {
  const chosen = [lead.dose];
  const room = { injection: maxInjections, oral: maxOral, other: undefined };
  const count = (route: Wanted['route']) => chosen.filter((one) => one.route === route).length;
  for (const { dose } of all) {
    if (dose === lead.dose || dose.from > day || (dose.latest ?? day) < day) continue;
    if (count(dose.route) >= (room[dose.route] ?? Number.POSITIVE_INFINITY)) continue;
    if (places.place(day, { committee, doses: [...chosen, dose] }) !== null) chosen.push(dose);
  }
  return chosen;
}

/** Two live vaccines must lie apart or meet: one that can wait may wait for another that is left. */
function waysToShare(lead: Pending, doses: Wanted[], all: readonly Pending[]): Wanted[][] {
  const isLiveLeft = all.some(({ dose }) => dose.live && !doses.includes(dose));
  const without = doses.filter((dose) => dose === lead.dose || !dose.live);
  return isLiveLeft && without.length < doses.length ? [doses, without] : [doses];
}
