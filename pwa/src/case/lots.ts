/** Balances of lots (批号结存): the ledger's moves less the doses given here. */
import type { StockMove } from '../models/generated.ts';

export interface Lot {
  vaccine: string;
  lot: string;
  /** Last day on which it may be given. */
  expiry: string;
  maker: string;
  /** 人份 left. */
  balance: number;
  expired: boolean;
  /** May be chosen: not expired, and something is left. */
  usable: boolean;
}

/**
 * The lots of a vaccine (of all when null), first expired first out (近效期先出). `given` tells how
 * many doses the clinic has given of a lot.
 */
export function lotsOf(
  moves: readonly StockMove[],
  given: (vaccine: string, lot: string) => number,
  today: string,
  vaccine: string | null = null,
): Lot[] {
  const lots = new Map<string, Lot>();
  for (const move of moves) {
    if (vaccine !== null && move.vaccine !== vaccine) continue;
    const key = `${move.vaccine} ${move.lot}`;
    const known = lots.get(key);
    if (known) {
      known.balance += move.doses;
      // Two expiries of one lot are a mistake of typing: the earlier is the safe one.
      if (move.expiry < known.expiry) known.expiry = move.expiry;
    } else {
      lots.set(key, {
        vaccine: move.vaccine,
        lot: move.lot,
        expiry: move.expiry,
        maker: move.maker,
        balance: move.doses,
        expired: false,
        usable: false,
      });
    }
  }
  return [...lots.values()]
    .map((lot) => {
      const balance = lot.balance - given(lot.vaccine, lot.lot);
      const expired = lot.expiry < today;
      return { ...lot, balance, expired, usable: !expired && balance > 0 };
    })
    .sort(
      (a, b) =>
        (a.expiry < b.expiry ? -1 : a.expiry > b.expiry ? 1 : 0) || (a.lot < b.lot ? -1 : 1),
    );
}
