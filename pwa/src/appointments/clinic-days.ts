/**
 * On which days a clinic vaccinates (门诊日), whom, and how many. Pure.
 *
 * A rule names days by weekday (every, odd or even weeks; every or only the nth of a month), by the
 * day of the month, or, without either, every working day. It is for all, or for a committee (居委/村),
 * a vaccine, or both.
 *
 * **Several rules**: for a dose, those decide that fit it most closely: a rule for its vaccine and
 * the child's committee before one for its vaccine, that before one for the committee, that before one
 * for all. Rules of one closeness add up. Where no rule fits, every working day will do.
 *
 * **Days**: a closed day (停诊) has no session. An open day (加开) takes everybody, in the sessions of
 * the rules for all. On a public holiday there is no session otherwise. A weekend day that is worked
 * for a holiday (调休) is a working day, and of a weekday's rule only if it is that weekday.
 *
 * **Places** (号源): whoever comes takes a place in each rule that names the day and fits: in one for
 * all as a child, in a committee's as a child of it, in a vaccine's if it comes for that vaccine.
 */
import type { ClinicDay, Settings } from '../models/generated.ts';
import type { Day } from '../schedule/types.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import { type Holidays, weekdayOf } from './holidays.ts';

/** 上午, 下午, or the day undivided. */
export type Part = 'am' | 'pm' | 'day';
export const PARTS = ['am', 'pm', 'day'] as const satisfies readonly Part[];

/** A dose that is asked about; a rule may name its vaccine group or its vaccine. */
export interface Sought {
  group: string;
  vaccine?: string;
}

/** Whom a visit is for, and what. */
export interface Visitor {
  committee: string | null;
  doses: readonly Sought[];
}

export type ClinicDaySettings = Pick<Settings, 'clinic_days' | 'closed_days' | 'open_days'>;

/** Places in one session of one rule on a day. */
export interface Pool {
  /** Place of the rule in the settings. */
  rule: number;
  part: Part;
  /** Null: as many as come. */
  capacity: number | null;
}

export interface ClinicCalendar {
  rules: readonly ClinicDay[];
  holidays: Holidays;
  /** Whether anybody is vaccinated on the day at all. */
  isOpen(day: Day): boolean;
  /** The parts of a day in which all that is sought may be given; empty: not on this day. */
  parts(day: Day, visitor: Visitor): Part[];
  /** Where a visit takes a place. */
  pools(day: Day, part: Part, visitor: Visitor): Pool[];
  /** All sessions of a day, for the page. */
  sessions(day: Day): Pool[];
}

/** Number of the ISO week. */
export function weekOf(day: Day): number {
  const thursday = day - weekdayOf(day) + 4;
  const newYear = dayOf(`${dateOf(thursday).slice(0, 4)}-01-01`) ?? thursday;
  return Math.floor((thursday - newYear) / 7) + 1;
}

/** The part that is within both; null: they have no hour in common. */
export function meet(a: Part, b: Part): Part | null {
  if (a === b || b === 'day') return a;
  return a === 'day' ? b : null;
}

const some = (list: readonly unknown[] | undefined): boolean => (list?.length ?? 0) > 0;

function names(rule: ClinicDay, day: Day, holidays: Holidays): boolean {
  const ofMonth = Number(dateOf(day).slice(8));
  if (rule.month_days?.includes(ofMonth)) return true;
  if (!some(rule.weekdays)) return !some(rule.month_days) && holidays.isWorkday(day);
  if (!rule.weekdays?.includes(weekdayOf(day))) return false;
  if (some(rule.nth) && !rule.nth?.includes(Math.ceil(ofMonth / 7))) return false;
  const weeks = rule.weeks ?? 'every';
  return weeks === 'every' || (weekOf(day) % 2 === 1) === (weeks === 'odd');
}

const isForAll = ({ vaccine, committee }: ClinicDay): boolean => !vaccine && !committee;

const fitsDose = ({ vaccine }: ClinicDay, dose: Sought): boolean =>
  !vaccine || vaccine === dose.group || vaccine === dose.vaccine;

const fitsCommittee = ({ committee }: ClinicDay, whose: string | null): boolean =>
  !committee || committee === whose;

const closeness = ({ vaccine, committee }: ClinicDay): number =>
  (vaccine ? 2 : 0) + (committee ? 1 : 0);

const NOON: readonly { part: Part; capacity?: number | undefined }[] = [{ part: 'day' }];
const sessionsOf = (rule: ClinicDay) => (rule.sessions?.length ? rule.sessions : NOON);

/** Each part once; the whole day covers its halves. */
function distinct(parts: readonly Part[]): Part[] {
  return PARTS.filter((part) => parts.includes(part));
}

/** Every working day, where nothing else is said. */
const WORKING: ClinicDay = {};

/** The days of a clinic as its settings say. */
export function clinicCalendar(
  settings: ClinicDaySettings | null,
  holidays: Holidays,
): ClinicCalendar {
  const rules = settings?.clinic_days ?? [];
  const closed = new Set(settings?.closed_days ?? []);
  const opened = new Set(settings?.open_days ?? []);
  const known = new Map<Day, { kind: 'closed' | 'open' | 'usual'; rules: boolean[] }>();

  const about = (day: Day) => {
    let found = known.get(day);
    if (!found) {
      const date = dateOf(day);
      const shut = closed.has(date);
      const kind = shut ? 'closed' : opened.has(date) ? 'open' : 'usual';
      const off = shut || (kind === 'usual' && holidays.isOff(day));
      found = {
        kind: off ? 'closed' : kind,
        rules: rules.map((rule) =>
          kind === 'open' ? isForAll(rule) : !off && names(rule, day, holidays),
        ),
      };
      known.set(day, found);
    }
    return found;
  };

  /** Parts in which one dose may be given. */
  const partsOf = (day: Day, committee: string | null, dose: Sought): Part[] => {
    const { kind, rules: named } = about(day);
    if (kind === 'closed') return [];
    if (kind === 'open') {
      const parts = rules
        .filter(isForAll)
        .flatMap(sessionsOf)
        .map(({ part }) => part);
      return parts.length ? distinct(parts) : ['day'];
    }
    let best = -1;
    for (const rule of rules) {
      if (fitsDose(rule, dose) && fitsCommittee(rule, committee)) {
        best = Math.max(best, closeness(rule));
      }
    }
    if (best < 0) return names(WORKING, day, holidays) ? ['day'] : [];
    const deciding = rules.filter(
      (rule, n) =>
        named[n] &&
        closeness(rule) === best &&
        fitsDose(rule, dose) &&
        fitsCommittee(rule, committee),
    );
    return distinct(deciding.flatMap(sessionsOf).map(({ part }) => part));
  };

  const poolsOf = (day: Day, fits: (rule: ClinicDay) => boolean, within: Part): Pool[] => {
    const { rules: named } = about(day);
    return rules.flatMap((rule, n) =>
      named[n] && fits(rule)
        ? sessionsOf(rule)
            .filter(({ part }) => meet(part, within) !== null)
            .map(({ part, capacity }) => ({ rule: n, part, capacity: capacity ?? null }))
        : [],
    );
  };

  return {
    rules,
    holidays,
    isOpen(day) {
      const { kind, rules: named } = about(day);
      if (kind !== 'usual') return kind === 'open';
      const isBare = !rules.some(isForAll) && names(WORKING, day, holidays);
      return named.includes(true) || isBare;
    },
    parts(day, { committee, doses }) {
      let left: Part[] | null = null;
      for (const dose of doses) {
        const own = partsOf(day, committee, dose);
        const both: Part[] = (left ?? ['day']).flatMap((a) =>
          own.map((b) => meet(a, b)).filter((part): part is Part => part !== null),
        );
        left = left === null ? own : distinct(both);
        if (left.length === 0) return [];
      }
      return left ?? [];
    },
    pools: (day, part, { committee, doses }) =>
      poolsOf(
        day,
        (rule) => fitsCommittee(rule, committee) && doses.some((dose) => fitsDose(rule, dose)),
        part,
      ),
    sessions: (day) => poolsOf(day, () => true, 'day'),
  };
}
