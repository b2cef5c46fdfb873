/** The form of a stock move (出入库): people type amounts without a sign, the kind gives it one. */

import type { Lot } from '../case/lots.ts';
import type { Count, StockMove } from '../models/generated.ts';
import type { NewMove } from './useStock.ts';

export interface MoveForm {
  kind: StockMove['kind'];
  date: string;
  vaccine: string;
  lot: string;
  expiry: string;
  maker: string;
  /** 人份; for a stock-taking (盘点) what was counted. */
  doses: string;
  perUnit: string;
  counterpart: string;
  note: string;
}

const OUT = new Set<StockMove['kind']>(['waste', 'return', 'issue']);
/** Days before its expiry from which a lot is pointed out (近效期). */
export const SOON_DAYS = 60;
/** Doses below which a lot is pointed out. */
export const LOW_DOSES = 10;

/** Fields that are still needed or are not what they should be. */
export function moveMissing(form: MoveForm): (keyof MoveForm)[] {
  const found: (keyof MoveForm)[] = [];
  for (const name of ['vaccine', 'lot', 'expiry', 'maker', 'date'] as const) {
    if (!form[name]) found.push(name);
  }
  const least = form.kind === 'count' ? /^\d{1,6}$/ : /^[1-9]\d{0,5}$/;
  if (!least.test(form.doses)) found.push('doses');
  if (!/^([1-9]\d?|100)$/.test(form.perUnit)) found.push('perUnit');
  return found;
}

/** What a device knows of a lot when it is counted. */
export type Known = Pick<Count, 'seen' | 'given'>;

/** The move of a complete form; `known` is what the device knew when a count began. */
export function moveOf(form: MoveForm, known: Known): NewMove {
  const amount = Number(form.doses);
  const what =
    form.kind === 'count'
      ? { count: { counted: amount, seen: [...known.seen], given: known.given } }
      : { doses: OUT.has(form.kind) ? -amount : amount };
  return {
    kind: form.kind,
    date: form.date,
    vaccine: form.vaccine,
    lot: form.lot,
    expiry: form.expiry,
    maker: form.maker,
    ...what,
    doses_per_unit: Number(form.perUnit),
    ...(form.counterpart && { counterpart: form.counterpart }),
    ...(form.note && { note: form.note }),
  };
}

/** What deserves a look about a lot that is not expired. */
export function lotState(lot: Lot, daysLeft: number): 'soon' | 'low' | 'ok' {
  if (lot.balance > 0 && daysLeft <= SOON_DAYS) return 'soon';
  return lot.balance < LOW_DOSES ? 'low' : 'ok';
}
