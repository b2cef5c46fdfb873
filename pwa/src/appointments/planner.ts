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
import { type Choice, choicesOf, type Pending, pendingOf } from './visit-choices.ts';

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

const BUDGET = 60;

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

/** Finds the fewest visits that keep all on time. */
export function planVisits(input: PlanInput): VisitsPlan {
  const { budget = BUDGET } = input;
  let asked = 0;
  const known = new Map<string, Outcome>();

  /** The best that can follow once these doses have been given. */
  const best = (given: readonly PlannedDose[], from: Day): Outcome => {
    const name = nameOf(given);
    const before = known.get(name);
    if (before) return before;
    asked++;
    const all = pendingAfter(input, given, from);
    const hopeless = all.filter(({ first }) => first === null);
    const open = all.filter(({ first }) => first !== null);
    let found: Outcome | null = null;
    for (const choice of choicesOf(input, open, from)) {
      if (found !== null && asked > budget) break;
      const planned = plannedOf(choice);
      const rest = best([...given, ...planned], choice.day + 1);
      const outcome = withVisit(input, choice, planned, rest, from);
      if (found === null || isBetter(outcome, found)) found = outcome;
    }
    const outcome = withHopeless(input, found ?? END, hopeless, given, from);
    known.set(name, outcome);
    return outcome;
  };

  return best([], input.from).plan;
}

/** The same for the same doses on the same days, in whatever order they were planned. */
function nameOf(given: readonly PlannedDose[]): string {
  return given
    .map(({ group, day }) => `${group}@${day}`)
    .sort()
    .join();
}

/** What the schedule asks for after these doses, the one that cannot wait longest first. */
function pendingAfter(input: PlanInput, given: readonly PlannedDose[], from: Day): Pending[] {
  const last = given.length ? Math.max(...given.map(({ day }) => day)) : input.from;
  return input
    .ask(given, last)
    .filter((dose) => dose.from <= input.until)
    .map((dose) => pendingOf(input, dose, from))
    .sort((a, b) => a.by - b.by || a.dose.from - b.dose.from);
}

const plannedOf = ({ doses, day }: Choice): PlannedDose[] =>
  doses.map((dose) => ({ ...dose, day }));

/** The outcome of a visit and of the rest that follows it. */
function withVisit(
  input: PlanInput,
  { lead, day, doses }: Choice,
  planned: PlannedDose[],
  rest: Outcome,
  from: Day,
): Outcome {
  const part = input.places.place(day, { committee: input.committee, doses }) ?? 'day';
  const late = doses
    .filter((dose) => day > dose.until)
    .map((dose) => ({ dose, day, why: whyLate(input, dose, day, from) }));
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
}

/** Nothing follows upon a dose that has no day: it is told once, where nothing else is left. */
function withHopeless(
  input: PlanInput,
  outcome: Outcome,
  hopeless: readonly Pending[],
  given: readonly PlannedDose[],
  from: Day,
): Outcome {
  const isTold = ({ dose }: Pending) =>
    outcome.plan.visits.some(({ doses }) => doses.some(({ group }) => group === dose.group)) ||
    outcome.plan.late.some((one) => one.dose.group === dose.group) ||
    given.some(({ group, target }) => group === dose.group && target === dose.target);
  const left = hopeless.filter((one) => !isTold(one));
  if (left.length === 0) return outcome;
  const late = left.map(({ dose }) => ({ dose, day: null, why: whyLate(input, dose, null, from) }));
  return {
    ...outcome,
    late: outcome.late + left.length,
    plan: { ...outcome.plan, late: [...late, ...outcome.plan.late] },
  };
}

/** Why a dose is given late, or, with no day, not at all. */
function whyLate(input: PlanInput, dose: Wanted, day: Day | null, from: Day): LateReason {
  if (dose.until < input.from) return 'overdue';
  const { places, committee } = input;
  const visitor = { committee, doses: [dose] };
  let hasSession = false;
  for (let at = Math.max(dose.from, input.from); at <= dose.until; at++) {
    if (places.calendar.parts(at, visitor).length === 0) continue;
    if (places.place(at, visitor) !== null) {
      return day === null || from > dose.from ? 'apart' : 'full';
    }
    hasSession = true;
  }
  return hasSession ? 'full' : 'no-day';
}
