/**
 * A child's visits to come (接种计划): the fewest that keep every dose on time. Pure.
 *
 * A dose may be given from its 应种日 on, and is on time until the day before it is overdue. Planning goes
 * visit by visit. The dose whose last possible day comes first is what a visit is for; it is held on a
 * day that is good for that dose: the first such day, or the first on which another dose is due as
 * well. What is due on that day is given with it, as far as sessions, places and the most injections
 * of a visit go. After each visit the schedule is asked again, for it decides what follows, and how far
 * two live vaccines must lie apart. Of all plans that come about so, the one is taken that has the
 * fewest late doses, then the fewest days late, then the fewest visits, then the least waiting.
 */
import type { Day } from '../schedule/types.ts';
import type { Part, Sought } from './clinic-days.ts';
import type { Places } from './places.ts';

/** A dose that the schedule asks for. */
export interface Wanted extends Sought {
  vaccine: string;
  /** 第几剂. */
  target: number;
  /** 应种日, or the first day on which it may be given. */
  from: Day;
  /** Last day on time. */
  until: Day;
  /** Last day on which it may be given at all. */
  latest: Day | null;
  route: 'injection' | 'oral' | 'other';
  live: boolean;
}

export interface PlannedDose extends Wanted {
  day: Day;
}

export interface PlannedVisit {
  day: Day;
  part: Part;
  doses: PlannedDose[];
  /** The group for whose sake the visit is no later, and its last possible day. */
  because: { group: string; by: Day };
}

export interface VisitsPlan {
  visits: PlannedVisit[];
  /** Doses that are given after their last day on time, and those for which no day was found. */
  late: { dose: Wanted; day: Day | null; why: LateReason }[];
}

/**
 * It was late before planning began; the clinic has no session for it in its time; all places of those
 * are taken; or it could not be joined with the others.
 */
export type LateReason = 'overdue' | 'no-day' | 'full' | 'apart';

export interface PlanInput {
  /** What the schedule asks for once these doses have been given, the last on `asOf`. */
  ask: (given: readonly PlannedDose[], asOf: Day) => Wanted[];
  places: Places;
  committee: string | null;
  /** The first day on which a visit may be. */
  from: Day;
  /** Doses that are due until this day are planned. */
  until: Day;
  maxInjections?: number;
  maxOral?: number;
  /** How often the schedule may be asked before the rest is planned without trying others. */
  budget?: number;
}

/** How far beyond its time a session is looked for. */
const SEARCH_DAYS = 120;
const BUDGET = 60;
/** Days that are tried for one visit. */
const MOST_DAYS = 4;

interface Outcome {
  late: number;
  daysLate: number;
  visits: number;
  /** Days that doses wait after they are due, all together. */
  wait: number;
  plan: VisitsPlan;
}

const END: Outcome = { late: 0, daysLate: 0, visits: 0, wait: 0, plan: { visits: [], late: [] } };

const isBetter = (a: Outcome, b: Outcome): boolean =>
  (a.late - b.late || a.daysLate - b.daysLate || a.visits - b.visits || a.wait - b.wait) < 0;

interface Choice {
  lead: Pending;
  day: Day;
  doses: Wanted[];
}

interface Pending {
  dose: Wanted;
  /** The first day with a place; null: none. */
  first: Day | null;
  /** The last such day that is on time; the first, where none is. */
  by: Day;
}

/** Finds the fewest visits that keep all on time. */
export function planVisits(input: PlanInput): VisitsPlan {
  const { ask, places, committee, until, budget = BUDGET } = input;
  let asked = 0;
  const known = new Map<string, Outcome>();

  const placeOf = (day: Day, doses: readonly Sought[]) => places.place(day, { committee, doses });

  const pending = (dose: Wanted, from: Day): Pending => {
    const start = Math.max(dose.from, from);
    const end = Math.min(
      dose.latest ?? Number.POSITIVE_INFINITY,
      Math.max(start, dose.until) + SEARCH_DAYS,
    );
    const first = places.first(start, end, { committee, doses: [dose] })?.day ?? null;
    let by = first ?? Number.POSITIVE_INFINITY;
    for (let day = Math.min(dose.until, end); day > by; day--) {
      if (placeOf(day, [dose]) !== null) by = day;
    }
    return { dose, first, by };
  };

  const lateOf = (dose: Wanted, day: Day | null, from: Day): LateReason => {
    if (dose.until < input.from) return 'overdue';
    let hasSession = false;
    for (let at = Math.max(dose.from, input.from); at <= dose.until; at++) {
      if (places.calendar.parts(at, { committee, doses: [dose] }).length === 0) continue;
      if (placeOf(at, [dose]) !== null) return day === null || from > dose.from ? 'apart' : 'full';
      hasSession = true;
    }
    return hasSession ? 'full' : 'no-day';
  };

  /** What is given on a day beside the dose that it is for, the one that cannot wait longest first. */
  const together = (day: Day, lead: Pending, all: readonly Pending[]): Wanted[] => {
    const chosen = [lead.dose];
    const room = { injection: input.maxInjections, oral: input.maxOral, other: undefined };
    const count = (route: Wanted['route']) => chosen.filter((one) => one.route === route).length;
    for (const { dose } of all) {
      if (dose === lead.dose || dose.from > day || (dose.latest ?? day) < day) continue;
      if (count(dose.route) >= (room[dose.route] ?? Number.POSITIVE_INFINITY)) continue;
      if (placeOf(day, [...chosen, dose]) !== null) chosen.push(dose);
    }
    return chosen;
  };

  /** Of live vaccines that must lie apart each may be the first. */
  const choices = (all: readonly Pending[], from: Day): Choice[] => {
    const [first, ...others] = all as [Pending, ...Pending[]];
    const rivals = first.dose.live ? others.filter(({ dose }) => dose.live) : [];
    return [first, ...rivals].flatMap((lead) => choicesFor(lead, all, from));
  };

  /** Days for a visit, with what is given; the fullest first. */
  const choicesFor = (lead: Pending, all: readonly Pending[], from: Day): Choice[] => {
    const days = new Set<Day>();
    for (const { dose } of all) {
      const start = Math.max(lead.dose.from, dose.from, from);
      if (start > lead.by) continue;
      const found =
        places.first(start, lead.by, { committee, doses: [lead.dose, dose] }) ??
        places.first(start, lead.by, { committee, doses: [lead.dose] });
      if (found) days.add(found.day);
    }
    const found = [...days].flatMap((day) => {
      const doses = together(day, lead, all);
      // Two live vaccines must lie apart or meet: one that can wait may wait for the other.
      const isLiveLeft = all.some(({ dose }) => dose.live && !doses.includes(dose));
      const without = doses.filter((dose) => dose === lead.dose || !dose.live);
      const isOther = isLiveLeft && without.length < doses.length;
      return isOther
        ? [
            { lead, day, doses },
            { lead, day, doses: without },
          ]
        : [{ lead, day, doses }];
    });
    return found
      .sort((a, b) => b.doses.length - a.doses.length || a.day - b.day)
      .slice(0, MOST_DAYS);
  };

  const best = (given: readonly PlannedDose[], from: Day): Outcome => {
    const name = given
      .map(({ group, day }) => `${group}@${day}`)
      .sort()
      .join();
    const before = known.get(name);
    if (before) return before;
    asked++;
    const last = given.length ? Math.max(...given.map(({ day }) => day)) : input.from;
    const all = ask(given, last)
      .filter((dose) => dose.from <= until)
      .map((dose) => pending(dose, from))
      .sort((a, b) => a.by - b.by || a.dose.from - b.dose.from);
    const hopeless = all.filter(({ first }) => first === null);
    const open = all.filter(({ first }) => first !== null);
    let found: Outcome | null = open.length === 0 ? END : null;
    for (const choice of open.length ? choices(open, from) : []) {
      if (found !== null && asked > budget) break;
      const outcome = after(given, choice, from);
      if (found === null || isBetter(outcome, found)) found = outcome;
    }
    const outcome = withHopeless(found ?? END, hopeless, given, from);
    known.set(name, outcome);
    return outcome;
  };

  /** Nothing follows upon a dose that has no day: it is told once, where nothing else is left. */
  const withHopeless = (
    outcome: Outcome,
    hopeless: readonly Pending[],
    given: readonly PlannedDose[],
    from: Day,
  ): Outcome => {
    const isTold = ({ dose }: Pending) =>
      outcome.plan.visits.some(({ doses }) => doses.some(({ group }) => group === dose.group)) ||
      outcome.plan.late.some((one) => one.dose.group === dose.group) ||
      given.some(({ group, target }) => group === dose.group && target === dose.target);
    const left = hopeless.filter((one) => !isTold(one));
    if (left.length === 0) return outcome;
    const late = left.map(({ dose }) => ({ dose, day: null, why: lateOf(dose, null, from) }));
    return {
      ...outcome,
      late: outcome.late + left.length,
      plan: { ...outcome.plan, late: [...late, ...outcome.plan.late] },
    };
  };

  const after = (
    given: readonly PlannedDose[],
    { lead, day, doses }: Choice,
    from: Day,
  ): Outcome => {
    const part = placeOf(day, doses) ?? 'day';
    const planned = doses.map((dose) => ({ ...dose, day }));
    const rest = best([...given, ...planned], day + 1);
    const late = doses
      .filter((dose) => day > dose.until)
      .map((dose) => ({ dose, day, why: lateOf(dose, day, from) }));
    const visit: PlannedVisit = {
      day,
      part,
      doses: planned,
      because: { group: lead.dose.group, by: lead.by },
    };
    return {
      late: rest.late + late.length,
      daysLate: rest.daysLate + late.reduce((sum, { dose }) => sum + day - dose.until, 0),
      visits: rest.visits + 1,
      wait: rest.wait + doses.reduce((sum, dose) => sum + day - Math.max(dose.from, input.from), 0),
      plan: { visits: [visit, ...rest.plan.visits], late: [...late, ...rest.plan.late] },
    };
  };

  return best([], input.from).plan;
}
