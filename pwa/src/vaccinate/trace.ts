/**
 * What a scanned trace code (药品追溯码, NMPAB/T 1002) says of the vial in the hand: its first seven
 * digits name the product, and no code is two doses, but for a vial of several. Pure.
 */

import type { Lot } from '../case/lots.ts';
import { sameSpelling } from '../case/lots.ts';
import type { TraceKnown } from '../workspace/traces.ts';

/** A dose that is still to be given. */
export interface OpenDose {
  key: string;
  vaccine: string;
  lot: string;
  traceCode: string;
}

export type Scan =
  /** It is this dose's, of this lot. `learned`: the product was not known. */
  | { kind: 'taken'; key: string; lot: string; learned: boolean }
  /** A dose of this visit has it. */
  | { kind: 'again' }
  /** Another dose has it. */
  | { kind: 'used'; date: string }
  /** Nothing of this vaccine is given today. */
  | { kind: 'other'; vaccine: string }
  /** Nothing of it may be given: expired, or the books have none. */
  | { kind: 'unusable'; vaccine: string; expired: boolean }
  /** The product is not known, and more than one dose is open: a person chooses first. */
  | { kind: 'which' };

export interface ScanInput {
  code: string;
  doses: readonly OpenDose[];
  known: TraceKnown;
  lotsOf: (vaccine: string) => readonly Lot[];
  /** 人份 of one vial of a lot. */
  perVial: (lotKey: string) => number;
  today: string;
}

/** Was the vial used up? One of several doses is opened and used on one day. */
function isUsed({ known, lotsOf, perVial, today }: ScanInput): string | null {
  const [first] = known.used;
  if (!first) return null;
  const lot = lotsOf(first.vaccine).find(
    (one) => sameSpelling(one.lot) === sameSpelling(first.lot),
  );
  const room = lot ? perVial(lot.key) : 1;
  const isToday = known.used.every(({ date }) => date === today);
  return isToday && known.used.length < room ? null : first.date;
}

/** What a scanned code amounts to. */
export function judgeScan(input: ScanInput): Scan {
  const { code, doses, known, lotsOf } = input;
  if (doses.some(({ traceCode }) => traceCode === code)) return { kind: 'again' };
  const date = isUsed(input);
  if (date !== null) return { kind: 'used', date };
  const { product } = known;
  const open = doses.filter(({ traceCode }) => traceCode === '');
  if (!product) {
    const [only, second] = open;
    if (!only || second) return { kind: 'which' };
    return { kind: 'taken', key: only.key, lot: only.lot, learned: true };
  }
  const { vaccine, maker } = product;
  const dose = open.find((one) => one.vaccine === vaccine);
  if (!dose) return { kind: 'other', vaccine };
  const lots = lotsOf(vaccine).filter((one) => sameSpelling(one.maker) === sameSpelling(maker));
  const usable = lots.filter((one) => one.usable);
  // What the last one came from is likely to be in the hand; whoever holds it compares the number.
  const last = usable.find((one) => sameSpelling(one.lot) === sameSpelling(product.lot));
  const lot = last ?? usable[0];
  if (lot) return { kind: 'taken', key: dose.key, lot: lot.key, learned: false };
  return { kind: 'unusable', vaccine, expired: lots.some((one) => one.expired) };
}
