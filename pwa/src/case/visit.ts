/**
 * The open visit (本次就诊): what was done of a day's visit at whichever desk, and which step is next.
 * Derived from the standing events alone, so that it survives a closed tab and is the same at every
 * desk. Pure.
 */

import type { Charge, Price } from '../models/generated.ts';
import { type ChildDoc, type EventOf, standing } from './document.ts';

export type VisitStep = 'precheck' | 'register' | 'consent' | 'pay' | 'give' | 'observe' | 'done';

type VisitKind = 'precheck' | 'registration' | 'consent' | 'payment' | 'dose' | 'stay';

/** An event and its ULID. */
export interface Recorded<K extends VisitKind> {
  id: string;
  event: EventOf<K>;
}

/** What of the clinic's settings and of the catalog bears on a visit. */
export interface VisitPlace {
  paying: boolean;
  prices: readonly Price[];
  /** How long the clinic keeps children (留观分钟). */
  observationMinutes: number;
}

/** A clinic that takes no money and keeps children as long as the law says. */
export const FREE_PLACE: VisitPlace = { paying: false, prices: [], observationMinutes: 30 };

export interface DayVisit {
  day: string;
  /** The latest of the day: temperature, answers, findings, advice. */
  precheck: Recorded<'precheck'> | null;
  /** The latest set of the day. */
  registration: Recorded<'registration'> | null;
  /** The latest decision on each vaccine, agreed or not. */
  consents: ReadonlyMap<string, Recorded<'consent'>>;
  /** Money taken and given back. */
  payments: readonly Recorded<'payment'>[];
  /** What is still to be paid of the set, by item; empty where nothing is. */
  unpaid: readonly Charge[];
  /** Doses given on the day, in the order in which they were recorded. */
  doses: readonly Recorded<'dose'>[];
  /** Vaccines that were refused on the day, or not agreed to. */
  refused: ReadonlySet<string>;
  /** Vaccines that the pre-check took out. */
  found: ReadonlySet<string>;
  /** Vaccines of the set that are still to be given: not given, refused or taken out. */
  open: readonly string[];
  /** The observation: since the last dose, until when; null while nothing was given. */
  observed: { since: string; until: string } | null;
  /** The end of the observation; null while it goes on. */
  stay: Recorded<'stay'> | null;
  next: VisitStep;
}

/** The price of an item on a day, in fen; null where the list does not name it. */
export function priceOn(prices: readonly Price[], item: string, day: string): number | null {
  let found: Price | null = null;
  for (const price of prices) {
    const counts = price.item === item && price.since <= day;
    // Of two prices from one day on, the one that stands later in the list was typed later.
    if (counts && (found === null || price.since >= found.since)) found = price;
  }
  return found?.price_fen ?? null;
}

/** Item of the price list that is taken once for each paid dose (接种服务费). */
const SERVICE = 'service';

/** What vaccines cost on a day: those that have a price, and the service fee of each. */
export function chargesOf(
  vaccines: readonly string[],
  prices: readonly Price[],
  day: string,
): Charge[] {
  const paid = vaccines.flatMap((item): Charge[] => {
    const price_fen = priceOn(prices, item, day);
    return price_fen ? [{ item, count: 1, price_fen }] : [];
  });
  const fee = priceOn(prices, SERVICE, day);
  return fee && paid.length > 0
    ? [...paid, { item: SERVICE, count: paid.length, price_fen: fee }]
    : paid;
}

/** What of these charges no payment covers, by item; what was given back counts as not paid. */
function unpaidOf(charges: readonly Charge[], payments: readonly Recorded<'payment'>[]): Charge[] {
  const paid = new Map<string, number>();
  for (const { event } of payments) {
    const sign = event.refunds === undefined ? 1 : -1;
    for (const { item, count } of event.charges) {
      paid.set(item, (paid.get(item) ?? 0) + sign * count);
    }
  }
  return charges.flatMap((charge) => {
    const count = charge.count - (paid.get(charge.item) ?? 0);
    return count > 0 ? [{ ...charge, count }] : [];
  });
}

type Derived = Omit<DayVisit, 'next'>;

/** Which step is next; a child that goes home without a dose is done. */
function nextOf(visit: Derived, paying: boolean): VisitStep {
  const { precheck, registration, open, doses, consents, stay } = visit;
  const left = doses.length === 0 || stay !== null ? 'done' : 'observe';
  // What was given without a pre-check of ours is given: only watching it is left.
  if (precheck === null && registration === null) return doses.length > 0 ? left : 'precheck';
  if (precheck === null) return open.length > 0 ? 'precheck' : left;
  if (!precheck.event.passed) return left;
  if (registration === null) return doses.length > 0 ? left : 'register';
  if (open.length === 0) return left;
  if (open.some((vaccine) => !consents.get(vaccine)?.event.agreed)) return 'consent';
  return paying && visit.unpaid.length > 0 ? 'pay' : 'give';
}

const MINUTE_MS = 60_000;

/** The visit of a day, by the events that stand; nobody has come where `next` is `precheck`. */
export function visitOf(child: ChildDoc, day: string, place: VisitPlace = FREE_PLACE): DayVisit {
  const kinds = ['precheck', 'registration', 'consent', 'payment', 'dose', 'stay'] as const;
  const all = standing(child, ...kinds, 'refusal').filter(({ event }) => event.date === day);
  const of = <K extends VisitKind>(kind: K) =>
    all.filter(({ event }) => event.kind === kind) as Recorded<K>[];

  const precheck = of('precheck').at(-1) ?? null;
  const registration = of('registration').at(-1) ?? null;
  const doses = of('dose').filter(({ event }) => event.origin === 'given');
  const payments = of('payment');
  const consents = new Map<string, Recorded<'consent'>>();
  for (const one of of('consent')) {
    for (const vaccine of one.event.vaccines) consents.set(vaccine, one);
  }

  const refused = new Set<string>();
  for (const { id, event } of all) {
    // Who agrees afterwards has thought better of it.
    if (event.kind === 'refusal') refused.add(event.vaccine);
    if (event.kind !== 'consent') continue;
    for (const vaccine of event.vaccines) {
      if (event.agreed) refused.delete(vaccine);
      else if (consents.get(vaccine)?.id === id) refused.add(vaccine);
    }
  }
  const found = new Set(precheck?.event.findings?.map(({ vaccine }) => vaccine) ?? []);
  const given = new Set(doses.map(({ event }) => event.vaccine));
  const set = registration?.event.vaccines ?? [];
  const open = set.filter((one) => !given.has(one) && !refused.has(one) && !found.has(one));
  const wanted = set.filter((one) => given.has(one) || open.includes(one));
  const unpaid = place.paying ? unpaidOf(chargesOf(wanted, place.prices, day), payments) : [];

  const last = doses.at(-1);
  const ms = place.observationMinutes * MINUTE_MS;
  const observed = last
    ? { since: last.event.at, until: new Date(Date.parse(last.event.at) + ms).toISOString() }
    : null;
  // Whoever is given another dose stays for that one too.
  const stay = of('stay').findLast(({ id }) => last !== undefined && id > last.id) ?? null;
  const lists = { payments, unpaid, doses, refused, found, open };
  const derived = { day, precheck, registration, consents, ...lists, observed, stay };
  return { ...derived, next: nextOf(derived, place.paying) };
}
