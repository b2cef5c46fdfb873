/** What the in-memory index knows of a child: enough for lists and search, nothing more. */

import { type Booked, bookedOf } from '../case/appointments.ts';
import {
  type ChildDoc,
  type ChildEvent,
  cards,
  fact,
  formerCards,
  standing,
} from '../case/document.ts';
import { lotKey } from '../case/lots.ts';
import { hasLeft, type MoveState, moveState, registerStatus } from '../case/moving.ts';
import { type Said, saidOf } from '../case/reasons.ts';
import { type SchoolEntry, schoolEntry } from '../case/school.ts';

export interface ChildRow {
  id: string;
  /** The revision, and those in conflict with it, that the row was made from. */
  rev: string;
  name: string;
  sex: 'M' | 'F' | 'U';
  /** Null when nobody has entered it; such a child cannot be vaccinated. */
  birthDate: string | null;
  /** 儿童编码; null until it has one. */
  code: string | null;
  idNumber: string | null;
  phone: string | null;
  /** The card in use, the last issued. */
  card: string | null;
  mother: string | null;
  committee: string | null;
  residence: string | null;
  school: string | null;
  address: string | null;
  /** 在册情况, as the own clinic sees it. */
  status: string | null;
  /** Another clinic has received the child from the own one (迁出). */
  left: boolean;
  /** What is open of a move, and who asks or to whom the child was released. */
  move: MoveState['phase'];
  moveTo: string[];
  /** 管理单位. */
  site: string | null;
  /** Other sites that have written to this child. */
  otherSites: string[];
  /** When something was last recorded here or elsewhere, by the recorder's clock. */
  touchedAt: string | null;
  /** The clinic that gave the last dose. */
  lastAt: string | null;
  /** Appointments that stand (预约), by their days. */
  booked: Booked[];
  /** Why the child was not vaccinated, as was said, the latest first (see `reasonFor`). */
  said: Said[];
  /** An adult's card file (成人): in no list and no rate of children. */
  adult: boolean;
  /** The last check at entry to a nursery or school. */
  entry: SchoolEntry | null;
  /** A reaction was reported or noted (疑似异常反应). */
  reacted: boolean;
  /** The nearest 应种日; null when nothing is due any more or it is not computed yet. */
  nextDue: string | null;
  /** Vaccine groups due on that day. */
  nextGroups: string[];
  /** From which day something of the programme is overdue (逾期); null when nothing is to come. */
  lateFrom: string | null;
  /** The same of the schedules that are offered besides the programme (非免疫规划). */
  besidesDue: string | null;
  besidesGroups: string[];
  /** Doses of the programme that are due, or soon. */
  wanted: WantedDose[];
}

/** A dose that is due, or soon: of which group, since when, and from when it is overdue (逾期). */
export interface WantedDose {
  group: string;
  /** 第几剂. */
  number: number;
  due: string;
  lateFrom: string;
}

/** What of a row falls within days, both inclusive. */
export interface Due {
  /** The earliest. */
  date: string;
  groups: string[];
  /** Groups of the schedules that are offered besides the programme. */
  voluntary: string[];
}

/** What of a row falls within days; null when nothing does. `besides`: not only the programme. */
export function dueWithin(row: Dues, from: string, to: string, besides: boolean): Due | null {
  const within = (date: string | null): date is string =>
    date !== null && date >= from && date <= to;
  const own = within(row.nextDue) ? row.nextDue : null;
  const also = besides && within(row.besidesDue) ? row.besidesDue : null;
  const date = own === null || (also !== null && also < own) ? also : own;
  if (date === null) return null;
  return {
    date,
    groups: own === null ? [] : row.nextGroups,
    voluntary: also === null ? [] : row.besidesGroups,
  };
}

/** What the schedules say of a row. */
export type Dues = Pick<
  ChildRow,
  'nextDue' | 'nextGroups' | 'lateFrom' | 'besidesDue' | 'besidesGroups' | 'wanted'
>;

/** A row with what search and lots need. Private to the index. */
export interface IndexedRow extends ChildRow {
  /** All cards in use. */
  numbers: string[];
  /** Cards that were the child's: reported lost, or returned. */
  former: string[];
  /** The child codes and ID numbers of all cases that make the child. */
  codes: string[];
  idNumbers: string[];
  /** All digits that one may search for, apart by spaces. */
  digits: string;
  /** Key of the lot of each standing dose given at the own site, once per dose. */
  lots: string[];
  /** The trace codes of its standing doses, apart by spaces. */
  traces: string;
  /** Days on which the own site recorded something of that day, as day numbers (see `daysAt`). */
  days: number[];
  /** What `nextDue` was computed with; empty when not yet. */
  dueFor: string;
  /** Which of the cases that make this child is joined to which: [case, target]. */
  links: Link[];
  /** Cases that a person has told apart from this one. */
  apart: string[];
}

export type Link = readonly [source: string, target: string];

/** 在册情况 of children whom no clinic waits for: 迁出, 死亡, 删除. */
const GONE: ReadonlySet<string> = new Set(['2', '4', '5']);

/**
 * Does the clinic list the child as its own (应种名单)? A visiting child is its own clinic's; one that
 * has left stays until the device knows that nothing of it is unsent (see `useChildren`).
 */
export function isListed(row: ChildRow, ownSite: string): boolean {
  // An adult's doses are counted by days of a course, and called for by nobody.
  if (row.adult) return false;
  if (row.left) return true;
  return (row.site === null || row.site === ownSite) && !GONE.has(row.status ?? '');
}

function digitsOf(birthDate: string | null, ...values: (string | null)[]): string {
  const parts = values.filter((value): value is string => value !== null);
  if (birthDate) {
    const compact = birthDate.replaceAll('-', '');
    parts.push(compact, compact.slice(2));
  }
  return parts.map((part) => part.replace(/[^\dX]/gi, '').toUpperCase()).join(' ');
}

/** A field as each of these cases has it, without repetition. */
function each(cases: readonly ChildDoc[], name: 'child_code' | 'id_number'): string[] {
  const values = cases.map((one) => fact(one, name));
  return [...new Set(values.filter((value): value is string => value !== null))];
}

/** The revision of a child and those in conflict with it, as one text. */
export function revOf(child: ChildDoc): string {
  return [child._rev ?? '', ...(child._conflicts ?? [])].sort().join(',');
}

/**
 * The days on which something happened to a child at a clinic, without what was copied from elsewhere
 * (补录): whose day's sheets the child is on.
 */
function daysAt(site: string, events: readonly ChildEvent[]): number[] {
  const days = new Set<number>();
  for (const event of events) {
    if (event.site !== site || !('date' in event) || OFF_SHEET.has(event.kind)) continue;
    if (event.kind === 'dose' && event.origin !== 'given') continue;
    days.add(Date.parse(event.date) / DAY_MS);
  }
  return [...days];
}

const DAY_MS = 86_400_000;
/** Notes and calls are nobody's visit. */
const OFF_SHEET: ReadonlySet<string> = new Set(['not_given', 'contact', 'appointment']);

/** Is a child on the sheets of a day? */
export const isOnDay = (row: Pick<IndexedRow, 'days'>, date: string): boolean =>
  row.days.includes(Date.parse(date) / DAY_MS);

/** Of what was said a row keeps the latest. */
const SAID = 12;

/** The clinic that gave the last dose; a dose copied from elsewhere (补录) names none. */
function lastGivenAt(child: ChildDoc): string | null {
  let last: { date: string; site: string } | null = null;
  for (const { event } of standing(child, 'dose')) {
    if (event.origin !== 'given') continue;
    if (last === null || event.date >= last.date) last = { date: event.date, site: event.site };
  }
  return last?.site ?? null;
}

/**
 * The row of a child; `ownSite` is the clinic whose stock the doses come from, `cases` are those
 * that are joined in the child.
 */
export function rowOf(
  child: ChildDoc,
  ownSite: string,
  cases: readonly ChildDoc[] = [child],
): IndexedRow {
  const name = fact(child, 'name') ?? '';
  const birthDate = fact(child, 'birth_date');
  const code = fact(child, 'child_code');
  const idNumber = fact(child, 'id_number');
  const phone = fact(child, 'phone');
  const phone2 = fact(child, 'phone_2');
  const held = cards(child);
  const codes = each([child, ...cases], 'child_code');
  const idNumbers = each([child, ...cases], 'id_number');
  const others = new Set<string>();
  let touchedAt: string | null = null;
  let reacted = false;
  let moves = false;
  let checked = false;
  for (const event of Object.values(child.events)) {
    if (event.kind === 'move') moves = true;
    if (event.kind === 'aefi') reacted = true;
    if (event.kind === 'school_check') checked = true;
    if (event.site !== ownSite) others.add(event.site);
    if (touchedAt === null || event.at > touchedAt) touchedAt = event.at;
  }
  const move = moves ? moveState(child) : null;
  const lots: string[] = [];
  const traces: string[] = [];
  for (const { event } of standing(child, 'dose')) {
    if (event.trace_code) traces.push(event.trace_code);
    if (event.origin === 'given' && event.lot && event.site === ownSite) {
      lots.push(lotKey(event));
    }
  }
  return {
    id: child._id,
    rev: revOf(child),
    name,
    sex: fact(child, 'sex') ?? 'U',
    birthDate,
    code,
    idNumber,
    phone,
    card: held.at(-1) ?? null,
    mother: fact(child, 'mother_name'),
    committee: fact(child, 'committee'),
    residence: fact(child, 'residence'),
    school: fact(child, 'school'),
    address: fact(child, 'address'),
    status: registerStatus(child, ownSite),
    left: moves && hasLeft(child, ownSite),
    move: move?.phase ?? 'none',
    moveTo: move?.to ?? [],
    site: fact(child, 'site'),
    otherSites: [...others].sort(),
    touchedAt,
    lastAt: lastGivenAt(child),
    booked: bookedOf(child),
    said: saidOf(child).slice(0, SAID),
    reacted,
    adult: fact(child, 'person') === 'adult',
    entry: checked ? schoolEntry(child) : null,
    nextDue: null,
    nextGroups: [],
    lateFrom: null,
    besidesDue: null,
    besidesGroups: [],
    wanted: [],
    numbers: held,
    former: [...formerCards(child).keys()],
    codes,
    idNumbers,
    digits: digitsOf(birthDate, ...codes, ...idNumbers, phone, phone2, ...held),
    lots,
    traces: traces.join(' '),
    days: daysAt(ownSite, Object.values(child.events)),
    dueFor: '',
    links: [],
    apart: standing(child, 'not_same_as').map(({ event }) => event.target),
  };
}
