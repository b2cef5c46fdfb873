/**
 * The doses of a visit (本次接种) while they are being given: from which lots, where, checked how; what
 * still needs doing, what must be warned of, and the events that they make. Pure.
 */

import {
  type ChildDoc,
  type ChildEvent,
  type Dose,
  type NewEvent,
  standing,
} from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import type { Recorded } from '../case/visit.ts';
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
import { FEVER } from './precheck.ts';
import type { Look } from './walk.ts';

/** One dose that is still to be given. */
export interface Item {
  /** Tells it apart, also from doses on record: the vaccine group. */
  key: string;
  /** Vaccine group that it is given for. */
  group: string;
  target: number | null;
  vaccine: string;
  /** Key of the lot (`lotKey`); empty until the vial was seen. */
  lot: string;
  bodySite: string;
  route: string;
  /** 剂量; empty while one of several is to be chosen. */
  amount: string;
  selfPaid: boolean;
  traceCode: string;
  /** What a person has looked at of it. */
  looked: readonly Look[];
}

/** The amounts that a product comes in (`10 μg或20 μg`): where there are several, a person says which. */
export function amountsOf(dose: string): string[] {
  return (
    dose
      .split(/或|\bor\b/)
      // `，按说明书` says whose word it is, and is no part of the amount.
      .map((one) => (one.split(/[，,]/)[0] ?? '').trim())
      .filter(Boolean)
  );
}

/** A dose of a vaccine; which lot, the vial in the hand says. */
export function newItem(
  wanted: { group: string; target: number | null; vaccine: string },
  usage: Usage,
): Item {
  const { amount, ...how } = usage;
  const amounts = amountsOf(amount);
  return {
    ...{ key: wanted.group, group: wanted.group, target: wanted.target, vaccine: wanted.vaccine },
    ...{ lot: '', traceCode: '', looked: [], ...how },
    amount: amounts.length === 1 ? (amounts[0] as string) : '',
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

export type Need = 'lot' | 'bodySite' | 'route' | 'amount' | 'reason';

/** What a dose still lacks, in the order of its card. */
export function needs(item: Item, warnings: readonly Warning[], reason: string): Need[] {
  const found: Need[] = [];
  for (const field of ['lot', 'bodySite', 'route', 'amount'] as const) {
    if (!item[field]) found.push(field);
  }
  if (aboutOf(item, warnings).length > 0 && reason.trim() === '') found.push('reason');
  return found;
}

/** What of the warnings is about a dose: its own, and those about the visit. */
export const aboutOf = (item: Item, warnings: readonly Warning[]): Warning[] =>
  warnings.filter(({ vaccine }) => vaccine === null || vaccine === item.vaccine);

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
  /** The pre-check of the day. */
  precheck: { degrees: number | null; passed: boolean } | null;
  items: readonly Item[];
  before: Forecast | null;
  judged: Forecast | null;
  /** Contraindications found earlier, by vaccine; null: every vaccine. */
  contraindications: readonly { code: string; vaccine: string | null }[];
  /** Vaccines that a reaction is suspected to have followed (疑似异常反应), and when. */
  reactions?: readonly { vaccine: string; date: string }[];
  /** Doses given earlier on this day. */
  givenToday: readonly string[];
  /** Where they went. */
  givenSites?: readonly string[];
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
  const { precheck, items, before, judged } = seen;
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
  const degrees = precheck?.degrees ?? 0;
  if (degrees >= FEVER) add('visit.fever', null, { degrees });
  if (precheck && !precheck.passed) add('visit.precheck');
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
  const taken = seen.givenSites ?? [];
  for (const { vaccine, bodySite } of items.filter(
    (one, i) =>
      taken.includes(one.bodySite) ||
      items.findIndex(({ bodySite }) => bodySite === one.bodySite) < i,
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
    ...(item.amount && { amount: item.amount }),
    self_paid: item.selfPaid,
    ...(item.traceCode && { trace_code: item.traceCode }),
    ...(item.target !== null && { number: item.target }),
  };
}

/** The event of a dose that was given, on the consent that it was given on. */
export function doseEvent(
  item: Item,
  lotsOf: (vaccine: string) => readonly Lot[],
  given: {
    date: string;
    plan: Plan | null;
    consent: Recorded<'consent'> | null;
    /** 规格 of the vial. */
    spec: string;
    warnings: readonly Warning[];
    reason: string;
  },
): NewEvent<'dose'> {
  const { date, plan, consent, spec, warnings, reason } = given;
  const about = aboutOf(item, warnings);
  return {
    ...doseOf(item, date, lotsOf),
    ...(spec && { spec }),
    ...(plan && { as_of: asOf(item, plan, dayOf(date) ?? 0) }),
    ...(consent && { informed: consent.event.informed, consent: consent.id }),
    ...(about.length > 0 && {
      override: { warnings: [...new Set(about.map(({ code }) => code))], reason: reason.trim() },
    }),
  };
}
