/**
 * A visit (本次接种) while it is being filled in: which vaccines, from which lots, checked and agreed
 * by whom; what still needs doing, what must be warned of, and the events that it makes. Pure.
 */

import {
  type ChildDoc,
  type ChildEvent,
  type Dose,
  type NewEvent,
  standing,
} from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import type { Usage } from '../catalog/vaccines.ts';
import type { DenialCode } from '../models/denials.ts';
import type { AsOf } from '../models/generated.ts';
import {
  type Day,
  type Forecast,
  HARMLESS_REASONS,
  QUESTIONS,
  type Reason,
  type VisitRule,
} from '../schedule/types.ts';
import { dayOf } from '../ui/format.ts';

/** One vaccine of the visit. */
export interface Item {
  key: string;
  /** Vaccine group that it is given for. */
  group: string;
  target: number | null;
  /** Codes to choose from. */
  choices: string[];
  vaccine: string;
  /** Key of the lot (`lotKey`). */
  lot: string;
  bodySite: string;
  route: string;
  selfPaid: boolean;
  traceCode: string;
}

export interface Visit {
  /** 体温, as typed. */
  temperature: string;
  /** Why the temperature was not taken (未测); null: it was. */
  untaken: string | null;
  /** Health questions: all well, something wrong, or not yet asked. */
  precheck: 'passed' | 'abnormal' | null;
  precheckNote: string;
  /** 三查七对一验证 done, with the vaccines and lots as they stand. */
  verified: boolean;
  relation: string;
  informed: 'signature' | 'pin' | 'spoken' | null;
  /** Why it is given although something was warned of. */
  reason: string;
}

export const FEVER = 37.3;

export function emptyVisit(): Visit {
  return {
    temperature: '',
    untaken: null,
    precheck: null,
    precheckNote: '',
    verified: false,
    relation: 'mother',
    informed: null,
    reason: '',
  };
}

/** A vaccine for the visit: the first choice that is in stock, its lot that expires first. */
export function newItem(
  wanted: { group: string; target: number | null; vaccines: readonly string[] },
  lotsOf: (vaccine: string) => readonly Lot[],
  usageOf: (vaccine: string) => Usage,
): Item {
  const usable = (vaccine: string) => lotsOf(vaccine).some((lot) => lot.usable);
  const vaccine = wanted.vaccines.find(usable) ?? wanted.vaccines[0] ?? '';
  return {
    key: wanted.group,
    group: wanted.group,
    target: wanted.target,
    choices: [...wanted.vaccines],
    traceCode: '',
    ...chosen(vaccine, lotsOf, usageOf),
  };
}

/** Days after its expiry in which a lot may still lie in the fridge, and is shown struck out. */
const STILL_THERE_DAYS = 120;

/**
 * Lots to show and lots to fold away. An expired lot of which something is left may be taken by
 * mistake, so it is shown and cannot be chosen; old and used-up ones are folded.
 */
export function splitLots(lots: readonly Lot[], today: string): { shown: Lot[]; folded: Lot[] } {
  const oldest = (dayOf(today) ?? 0) - STILL_THERE_DAYS;
  const visible = (lot: Lot) =>
    lot.usable || (lot.expired && lot.balance > 0 && (dayOf(lot.expiry) ?? 0) >= oldest);
  const shown = lots.filter(visible);
  return {
    shown: [...shown.filter((lot) => lot.usable), ...shown.filter((lot) => !lot.usable)],
    folded: lots.filter((lot) => !visible(lot)),
  };
}

/**
 * The rows that are given: a combined vaccine (联合疫苗) takes its parts out, the one with the most
 * parts first. A row that is taken out comes back as soon as no other covers it.
 */
export function withoutParts(
  rows: readonly Item[],
  groupsOf: (vaccine: string) => readonly string[],
): Item[] {
  const parts = (row: Item) => groupsOf(row.vaccine);
  const given = new Set<Item>();
  for (const row of [...rows].sort((a, b) => parts(b).length - parts(a).length)) {
    if (![...given].some((other) => parts(other).includes(row.group))) given.add(row);
  }
  return rows.filter((row) => given.has(row));
}

/** What follows from the choice of a vaccine: lot, site, route. */
export function chosen(
  vaccine: string,
  lotsOf: (vaccine: string) => readonly Lot[],
  usageOf: (vaccine: string) => Usage,
): Pick<Item, 'vaccine' | 'lot' | 'bodySite' | 'route' | 'selfPaid'> {
  const lot = lotsOf(vaccine).find((one) => one.usable)?.key ?? '';
  return { vaccine, lot, ...usageOf(vaccine) };
}

/**
 * Two injections of one visit go to different sites (不同部位): the other side for the second, and none
 * for a third, for which a person chooses a place at least 2.5 cm away.
 */
export function spreadSites(
  items: readonly Item[],
  opposite: (site: string) => string | null,
): Item[] {
  const taken = new Set<string>();
  return items.map((item) => {
    const other = opposite(item.bodySite);
    // What has no other side is no place of an injection: drops all go into the mouth.
    if (!taken.has(item.bodySite) || other === null) {
      taken.add(item.bodySite);
      return item;
    }
    const bodySite = taken.has(other) ? '' : other;
    taken.add(bodySite);
    return { ...item, bodySite };
  });
}

export type Need =
  | 'temperature'
  | 'untaken'
  | 'precheck'
  | 'items'
  | 'vaccine'
  | 'lot'
  | 'bodySite'
  | 'route'
  | 'traceCode'
  | 'informed'
  | 'relation'
  | 'verified'
  | 'reason';

/** What must be done before it can be recorded, in the order of the page. */
export function needs(visit: Visit, items: readonly Item[], warnings: readonly Warning[]): Need[] {
  const found: Need[] = [];
  const degrees = Number(visit.temperature);
  if (visit.untaken === null && !(degrees >= 30 && degrees <= 45)) found.push('temperature');
  if (visit.untaken?.trim() === '') found.push('untaken');
  if (visit.precheck === null) found.push('precheck');
  if (!visit.relation) found.push('relation');
  if (visit.informed === null) found.push('informed');
  if (items.length === 0) found.push('items');
  if (items.some((item) => !item.vaccine)) found.push('vaccine');
  if (items.some((item) => !item.lot)) found.push('lot');
  if (items.some((item) => !item.bodySite)) found.push('bodySite');
  if (items.some((item) => !item.route)) found.push('route');
  if (items.some((item) => item.traceCode && !/^\d{20}$/.test(item.traceCode))) {
    found.push('traceCode');
  }
  if (!visit.verified) found.push('verified');
  if (warnings.length > 0 && visit.reason.trim() === '') found.push('reason');
  return found;
}

/** Whether vaccines and lots can be checked (三查七对) at all: there is one of each to look at. */
export function checkable(items: readonly Item[]): boolean {
  return items.length > 0 && items.every((item) => item.vaccine && item.lot);
}

/** What is noted with the pre-check; `untaken` words why no temperature was taken. */
export function precheckNote(visit: Visit, untaken: (reason: string) => string): string {
  const why = visit.untaken === null ? '' : untaken(visit.untaken.trim());
  return [why, visit.precheckNote.trim()].filter(Boolean).join(' ');
}

/** Something that speaks against a dose, or that a person must know; it needs a reason. */
export interface Warning {
  /** Stored with the dose: a reason code of the engine, or one of `visit.*`. */
  code: string;
  /** Vaccine it is about; null: the visit. */
  vaccine: string | null;
  reason: Reason | null;
  params: Record<string, string | number>;
}

/** The child with the visit's doses in it, for the engine to judge. Ids are the items' keys. */
export function withItems(child: ChildDoc, items: readonly Item[], today: string): ChildDoc {
  const doses = items.map((item): [string, ChildEvent] => [
    item.key,
    {
      kind: 'dose',
      date: today,
      vaccine: item.vaccine,
      origin: 'given',
      self_paid: item.selfPaid,
    } as Dose,
  ]);
  return { ...child, events: { ...child.events, ...Object.fromEntries(doses) } };
}

/** The same vaccine of whatever maker: one class of the codes (疫苗大类, the first two digits). */
const isSameKind = (one: string, other: string) => one.slice(0, 2) === other.slice(0, 2);

/** The vaccines that a child's reactions are suspected to have followed, the latest reaction first. */
export function reactionsOf(child: ChildDoc): { vaccine: string; date: string }[] {
  const doses = new Map(standing(child, 'dose').map(({ id, event }) => [id, event.vaccine]));
  return standing(child, 'aefi')
    .flatMap(({ event }) => {
      const suspects = event.card?.doses ?? (event.dose ? [event.dose] : []);
      return suspects.flatMap((id) => {
        const vaccine = doses.get(id);
        return vaccine ? [{ vaccine, date: event.date }] : [];
      });
    })
    .sort((a, b) => b.date.localeCompare(a.date));
}

/**
 * Everything that speaks against the visit. `judged` is the engine's answer for the child with the
 * doses in it, `before` for the child as it is.
 */
export function warningsOf(seen: {
  visit: Visit;
  items: readonly Item[];
  before: Forecast | null;
  judged: Forecast | null;
  /** Contraindications found earlier, by vaccine; null: every vaccine. */
  contraindications: readonly { code: string; vaccine: string | null }[];
  /** Vaccines that a reaction is suspected to have followed (疑似异常反应), and when. */
  reactions?: readonly { vaccine: string; date: string }[];
  /** Doses given earlier on this day. */
  givenToday: readonly string[];
  /** Vaccines that the guardian refused earlier on this day. */
  refusedToday?: readonly string[];
  /** Sites where injections go, of which none takes two without a reason. */
  isInjected?: (site: string) => boolean;
  /** The record may not be the latest: whole days since this device last heard the server, or never. */
  stale?: { silentDays: number | null } | null;
  /** What the rules of recording say of an item's dose that may be given all the same. */
  against?: (item: Item) => readonly DenialCode[];
  /** Other clinics hold the child, and what they record is not heard of. */
  elsewhere?: boolean;
  /** The place's limits on a visit, and how a vaccine is given. */
  limits?: {
    day: Day;
    rule: VisitRule | undefined;
    routeOf: (vaccine: string) => 'injection' | 'oral' | 'nasal' | undefined;
  };
}): Warning[] {
  const { visit, items, before, judged } = seen;
  const found: Warning[] = [];
  const add = (
    code: string,
    vaccine: string | null = null,
    params: Warning['params'] = {},
    reason: Reason | null = null,
  ) => {
    if (!found.some((one) => one.code === code && one.vaccine === vaccine)) {
      found.push({ code, vaccine, params, reason });
    }
  };
  const degrees = visit.untaken === null ? Number(visit.temperature) : 0;
  if (degrees >= FEVER && degrees <= 45) add('visit.fever', null, { degrees });
  if (visit.precheck === 'abnormal') add('visit.precheck');
  for (const item of items) {
    const group = before?.groups.find((one) => one.vaccineGroup === item.group);
    if (group?.status === 'contraindicated') add('visit.contraindicated', item.vaccine);
    for (const { code, vaccine } of seen.contraindications) {
      if (vaccine === null || vaccine === item.vaccine) {
        add('visit.contraindicated', item.vaccine, { code });
      }
    }
    const reaction = seen.reactions?.find((one) => isSameKind(one.vaccine, item.vaccine));
    if (reaction) add('visit.reaction', item.vaccine, { date: reaction.date });
    if (seen.givenToday.includes(item.vaccine)) add('visit.sameDay', item.vaccine);
    for (const code of seen.against?.(item) ?? []) add(code, item.vaccine);
    if (seen.refusedToday?.includes(item.vaccine)) add('visit.refusedToday', item.vaccine);
    for (const reason of group?.reasons ?? []) {
      if (QUESTIONS.has(reason.code)) add(reason.code, item.vaccine, {}, reason);
    }
    const all = judged?.doses.filter((dose) => dose.id === item.key) ?? [];
    const counts = all.some((dose) => dose.status === 'valid');
    for (const reason of all.flatMap((dose) => dose.reasons)) {
      // A product outside its label is none to give, even where one of its parts counts.
      const speaksAgainst = counts
        ? reason.code === 'dose.outsideLabel'
        : !HARMLESS_REASONS.has(reason.code);
      if (speaksAgainst) add(reason.code, item.vaccine, {}, reason);
    }
  }
  for (const { vaccine, bodySite } of items.filter(
    (one, i) => items.findIndex(({ bodySite }) => bodySite === one.bodySite) < i,
  )) {
    if (bodySite && seen.isInjected?.(bodySite)) add('visit.sameSite', vaccine);
  }
  if (seen.limits) limitWarnings(items, before, seen.limits, add);
  if (seen.stale && items.length > 0) {
    const { silentDays } = seen.stale;
    if (silentDays === null) add('visit.neverHeard');
    else add('visit.stale', null, { days: silentDays });
  }
  if (seen.elsewhere && items.length > 0) add('visit.elsewhere');
  return found;
}

type Add = (
  code: string,
  vaccine?: string | null,
  params?: Warning['params'],
  reason?: Reason | null,
) => void;

/** What the local rules on a visit (每次最多几针、距上一针天数) say against it. */
function limitWarnings(
  items: readonly Item[],
  before: Forecast | null,
  {
    day,
    rule,
    routeOf,
  }: { day: Day; rule: VisitRule | undefined; routeOf: (code: string) => unknown },
  add: Add,
): void {
  const count = (route: string) =>
    items.filter((item) => (routeOf(item.vaccine) ?? 'injection') === route).length;
  const limits = [
    ['visit.injections', count('injection'), rule?.maxInjections],
    ['visit.oral', count('oral'), rule?.maxOral],
  ] as const;
  for (const [code, planned, most] of limits) {
    if (most !== undefined && planned > most) add(code, null, { count: planned, most });
  }
  for (const item of items) {
    const group = before?.groups.find((one) => one.vaccineGroup === item.group);
    const spaced = group?.reasons.find(({ code }) => code === 'forecast.visitSpacing');
    if (spaced && Number(spaced.params?.date) > day) add(spaced.code, item.vaccine, {}, spaced);
  }
}

/** What the schedule says of an item today (及时性). */
export function asOf(item: Item, plan: Plan, day: Day): AsOf {
  const group = plan.before?.groups.find((one) => one.vaccineGroup === item.group);
  const { schedule, edition } = plan;
  const named = { schedule, edition };
  if (!group || group.recommended === null) return { ...named, status: 'unplanned' };
  if (group.pastDue !== null && day > group.pastDue) return { ...named, status: 'overdue' };
  return { ...named, status: day < group.recommended ? 'early' : 'due' };
}

/** The schedule in force, and what it says of the child before the visit. */
export interface Plan {
  schedule: string;
  edition: string;
  before: Forecast | null;
}

/** What an item says of its dose without the visit: the rules look at it before it is recorded. */
export function doseOf(
  item: Item,
  date: string,
  lotsOf: (vaccine: string) => readonly Lot[],
): NewEvent<'dose'> {
  const lot = lotsOf(item.vaccine).find((one) => one.key === item.lot);
  return {
    kind: 'dose',
    origin: 'given',
    date,
    vaccine: item.vaccine,
    ...(lot && { lot: lot.lot, expiry: lot.expiry, maker: lot.maker }),
    body_site: item.bodySite,
    route: item.route,
    self_paid: item.selfPaid,
    ...(item.traceCode && { trace_code: item.traceCode }),
    ...(item.target !== null && { number: item.target }),
  };
}

/** The events of a visit, the pre-check first. `lots` holds the lots that were chosen. */
export function eventsOf(
  visit: Visit,
  items: readonly Item[],
  warnings: readonly Warning[],
  lotsOf: (vaccine: string) => readonly Lot[],
  now: { date: string; instant: string },
  plan: Plan | null = null,
): NewEvent[] {
  const note = visit.precheckNote.trim();
  const degrees = visit.untaken === null ? visit.temperature.trim() : '';
  const precheck = {
    kind: 'precheck',
    date: now.date,
    passed: visit.precheck === 'passed',
    ...(degrees && { temperature: Number(degrees) }),
    ...(note && { note }),
  };
  const doses = items.map((item) => {
    const about = warnings.filter((one) => one.vaccine === null || one.vaccine === item.vaccine);
    return {
      ...doseOf(item, now.date, lotsOf),
      ...(plan && { as_of: asOf(item, plan, dayOf(now.date) ?? 0) }),
      informed: { relation: visit.relation, method: visit.informed, at: now.instant },
      ...(about.length > 0 && {
        override: {
          warnings: [...new Set(about.map((one) => one.code))],
          reason: visit.reason.trim(),
        },
      }),
    };
  });
  return [precheck, ...doses] as unknown as NewEvent[];
}
