/**
 * Why a dose that is due has not been given (未种原因), as calls, refusals, checks and notes tell. Pure.
 * Each is one of few states, so that a list may be sorted and counted by them.
 */
import { type ChildDoc, type ChildEvent, standing } from './document.ts';

export const REASON_STATES = [
  'none',
  'unreached',
  'called',
  'promised',
  'deferred',
  'refused',
  'contraindicated',
  'away',
  'elsewhere',
  'gone',
] as const;

/**
 * `none`: nobody has called; `unreached`: nobody answered; `called`: the guardian knows; `elsewhere`: it
 * was given or is given by another; `gone`: moved away or dead, by what was told.
 */
export type ReasonState = (typeof REASON_STATES)[number];

/** States that explain why a child was not vaccinated; with the others an overdue dose is missed (漏种). */
export const EXPLAINS: ReadonlySet<ReasonState> = new Set([
  'deferred',
  'refused',
  'contraindicated',
  'away',
  'elsewhere',
  'gone',
]);

export interface Said {
  state: ReasonState;
  date: string;
  /** Holds until this day; absent: until something else is said. */
  until?: string;
  /** Which vaccines it is about; empty: all. */
  vaccines: string[];
}

const OUTCOMES: Readonly<Record<string, ReasonState>> = {
  reached: 'called',
  promised: 'promised',
  no_answer: 'unreached',
  wrong_number: 'unreached',
  refused: 'refused',
  away: 'away',
  elsewhere: 'elsewhere',
  ill: 'deferred',
  moved: 'gone',
  dead: 'gone',
};

const NOT_GIVEN: Readonly<Record<string, ReasonState>> = {
  refused: 'refused',
  contraindicated: 'contraindicated',
  away: 'away',
  equivalent: 'elsewhere',
  date_unknown: 'elsewhere',
  had_disease: 'contraindicated',
  too_late: 'contraindicated',
  premature: 'deferred',
  ill: 'deferred',
  no_vaccine: 'deferred',
};

function saidBy(event: ChildEvent): Said[] {
  switch (event.kind) {
    case 'contact': {
      const { date, vaccines = [], promised, outcome } = event;
      const state = OUTCOMES[outcome] ?? 'called';
      return [{ state, date, vaccines, ...(promised && { until: promised }) }];
    }
    case 'refusal':
      return [{ state: 'refused', date: event.date, vaccines: [event.vaccine] }];
    case 'not_given': {
      const state = NOT_GIVEN[event.reason];
      return state ? [{ state, date: event.date, vaccines: [event.vaccine] }] : [];
    }
    case 'contraindication': {
      const { date, vaccine, until } = event;
      const vaccines = vaccine ? [vaccine] : [];
      return [{ state: 'contraindicated', date, vaccines, ...(until && { until }) }];
    }
    case 'precheck':
      return (event.findings ?? []).flatMap((finding) => foundBy(finding, event.date));
    default:
      return [];
  }
}

type Finding = NonNullable<Extract<ChildEvent, { kind: 'precheck' }>['findings']>[number];

function foundBy(finding: Finding, date: string): Said[] {
  const state = finding.outcome === 'deferred' ? 'deferred' : 'contraindicated';
  const { until, vaccine } = finding;
  return [{ state, date, vaccines: vaccine ? [vaccine] : [], ...(until && { until }) }];
}

/** All that was said, the latest first. */
export function saidOf(child: ChildDoc): Said[] {
  const kinds = ['contact', 'refusal', 'not_given', 'contraindication', 'precheck'] as const;
  return standing(child, ...kinds)
    .flatMap(({ event }) => saidBy(event))
    .reverse()
    .sort((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0));
}

/** A call before the 应种日 still counts for that dose. */
export const CALLED_AHEAD_DAYS = 30;

/** Lists ask for the same few days thousands of times. */
const ahead = new Map<string, string>();

function aheadOf(date: string): string {
  let found = ahead.get(date);
  if (found === undefined) {
    const time = Date.parse(date) - CALLED_AHEAD_DAYS * 86_400_000;
    found = new Date(time).toISOString().slice(0, 10);
    ahead.set(date, found);
  }
  return found;
}

/**
 * The latest that was said of a dose that has been due since a day: about one of these vaccines or about
 * all, not ended, and since then or a month before. A contraindication holds whenever it was found.
 */
export function reasonFor(
  said: readonly Said[],
  dose: { vaccines: ReadonlySet<string>; since: string },
  today: string,
): Said | null {
  if (said.length === 0) return null;
  const since = aheadOf(dose.since);
  return (
    said.find(({ state, date, until, vaccines }) => {
      if (vaccines.length > 0 && !vaccines.some((one) => dose.vaccines.has(one))) return false;
      if (until !== undefined && until < today) return false;
      return date >= since || state === 'contraindicated';
    }) ?? null
  );
}
