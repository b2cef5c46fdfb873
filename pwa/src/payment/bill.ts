/** The bill of an open visit (收费), what is taken for it and given back. Pure. */
import { type ChildDoc, fact, type NewEvent, standing } from '../case/document.ts';
import { priceOn, type Recorded } from '../case/visit.ts';
import type { Charge, Price } from '../models/generated.ts';
import { ageAt } from '../ui/format.ts';

export type Payment = Recorded<'payment'>['event'];
export type Method = Payment['method'];
export const METHODS: readonly Method[] = ['cash', 'mobile', 'card', 'other'];

/** 信息管理费 by age, each with an item of its own in the price list. */
export const BANDS = [
  { item: 'information-0-4', below: 4 },
  { item: 'information-4-7', below: 7 },
] as const;

/** Items of a price list beside vaccines. */
export const ITEMS: readonly string[] = [
  'service',
  ...BANDS.map(({ item }) => item),
  'certificate',
];

/**
 * The information fee of a child on a day, which is taken once; null where none is, or it was paid
 * and not given back.
 */
export function informationFee(
  child: ChildDoc,
  prices: readonly Price[],
  day: string,
): Charge | null {
  const age = ageAt(fact(child, 'birth_date'), day);
  const band = age && BANDS.find(({ below }) => age.years < below);
  const price_fen = band && priceOn(prices, band.item, day);
  if (!band || !price_fen) return null;
  let paid = 0;
  for (const { event } of standing(child, 'payment')) {
    const sign = event.refunds === undefined ? 1 : -1;
    for (const { item, count } of event.charges) {
      if (BANDS.some((one) => one.item === item)) paid += sign * count;
    }
  }
  return paid > 0 ? null : { item: band.item, count: 1, price_fen };
}

export const sumOf = (charges: readonly Charge[]): number =>
  charges.reduce((sum, { count, price_fen }) => sum + count * price_fen, 0);

/** What the guardian gets back; null while too little was handed over. */
export function changeOf(total: number, received: number | null): number | null {
  return received === null || received < total ? null : received - total;
}

export function paymentOf(
  charges: readonly Charge[],
  method: Method,
  received: number | null,
  day: string,
  number: string,
): NewEvent<'payment'> {
  return {
    kind: 'payment',
    date: day,
    number,
    charges: [...charges],
    total_fen: sumOf(charges),
    method,
    ...(method === 'cash' && received !== null && { received_fen: received }),
  };
}

/** What of a payment is left to give back, by its lines. */
export function refundable(child: ChildDoc, id: string): Charge[] {
  const paid = child.events[id];
  if (paid?.kind !== 'payment') return [];
  const back = new Map<string, number>();
  for (const { event } of standing(child, 'payment')) {
    if (event.refunds !== id) continue;
    for (const { item, count } of event.charges) back.set(item, (back.get(item) ?? 0) + count);
  }
  return paid.charges.flatMap((charge) => {
    const count = charge.count - (back.get(charge.item) ?? 0);
    return count > 0 ? [{ ...charge, count }] : [];
  });
}

/** The counter-entry (冲红): its own number, the same way back, a reason. */
export function refundOf(
  payment: { id: string; event: Payment },
  charges: readonly Charge[],
  reason: string,
  day: string,
  number: string,
): NewEvent<'payment'> {
  return {
    kind: 'payment',
    date: day,
    number,
    charges: [...charges],
    total_fen: -sumOf(charges),
    method: payment.event.method,
    refunds: payment.id,
    reason: reason.trim(),
  };
}
