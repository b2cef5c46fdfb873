/**
 * Balances of lots (批号结存): the ledger's moves less the doses given here.
 *
 * A lot is a vaccine of a maker with a number: two makers' equal numbers are two lots, and one number
 * typed in full width, in small letters or with a space behind it is one.
 */
import type { StockMove } from '../models/generated.ts';

/** What tells a lot from others (批号身份). */
export interface LotId {
  vaccine: string;
  maker?: string;
  lot?: string;
}

export interface Lot {
  /** See {@link lotKey}. */
  key: string;
  vaccine: string;
  lot: string;
  /** Last day on which it may be given. */
  expiry: string;
  maker: string;
  /** 人份 left. Below zero where two devices took the same out while they did not hear each other. */
  balance: number;
  /** Day of the first move: the lot was not here before. */
  since: string;
  expired: boolean;
  /** May be chosen: not expired, and something is left. */
  usable: boolean;
  /** Who took of it by a move, for a balance below zero. */
  takenBy: readonly string[];
}

/** A move as it lies in the ledger. */
export type LedgerMove = StockMove & { _id: string };

/** As two people write one number or one maker: `ａ1 ` is `A1`. */
export const sameSpelling = (text: string) => text.normalize('NFKC').trim().toUpperCase();

/** The key of a lot in sums and lists. */
export function lotKey({ vaccine, maker = '', lot = '' }: LotId): string {
  return `${vaccine}\t${sameSpelling(maker)}\t${sameSpelling(lot)}`;
}

/**
 * What is left of a lot, by all moves of it and the number of doses given of it.
 *
 * A count (盘点) is an assertion, not a difference: "I knew of these moves and of so many doses, and
 * counted n". So the last count says what there was, and only what nobody who counted knew of comes
 * on top. Of counts made at one time by devices that did not hear each other, the later says how many,
 * and what either knew of was in it. The sum is the same in whatever order moves arrive.
 */
export function balanceOf(moves: readonly LedgerMove[], given: number): number {
  const known = new Set(moves.flatMap(({ count }) => count?.seen ?? []));
  let last: LedgerMove | null = null;
  const seen = new Set<string>();
  let counted = 0;
  for (const move of moves) {
    if (!move.count || known.has(idOf(move))) continue;
    if (last === null || move._id > last._id) last = move;
    for (const id of move.count.seen) seen.add(id);
    counted = Math.max(counted, move.count.given);
  }
  return moves
    .filter((move) => !move.count && !seen.has(idOf(move)))
    .reduce((sum, { doses = 0 }) => sum + doses, (last?.count?.counted ?? 0) - given + counted);
}

/** The ULID of a move, as a count names it. */
export const idOf = ({ _id }: { _id: string }) => _id.slice(_id.indexOf(':') + 1);

const earliest = (dates: readonly string[]) => [...dates].sort()[0] as string;

/** The moves of each lot. */
function byLot(moves: readonly LedgerMove[]): Map<string, LedgerMove[]> {
  const lots = new Map<string, LedgerMove[]>();
  for (const move of moves) {
    const key = lotKey(move);
    const known = lots.get(key);
    if (known) known.push(move);
    else lots.set(key, [move]);
  }
  return lots;
}

/**
 * The lots of a vaccine (of all when null), first expired first out (近效期先出). `given` tells how
 * many doses the clinic has given of a lot, by its key.
 */
export function lotsOf(
  moves: readonly LedgerMove[],
  given: (key: string) => number,
  today: string,
  vaccine: string | null = null,
): Lot[] {
  const wanted = vaccine === null ? moves : moves.filter((move) => move.vaccine === vaccine);
  return [...byLot(wanted)]
    .map(([key, own]): Lot => {
      const first = own.reduce((a, b) => (b._id < a._id ? b : a));
      // Two expiries of one lot are a mistake of typing: the earlier is the safe one.
      const expiry = earliest(own.map((one) => one.expiry));
      const balance = balanceOf(own, given(key));
      const expired = expiry < today;
      const takers = own.filter(({ doses = 0 }) => doses < 0).map(({ by }) => by);
      return {
        key,
        vaccine: first.vaccine,
        lot: first.lot.trim(),
        expiry,
        maker: first.maker.trim(),
        balance,
        since: earliest(own.map(({ date }) => date)),
        expired,
        usable: !expired && balance > 0,
        takenBy: [...new Set(takers)].sort(),
      };
    })
    .sort(
      (a, b) =>
        (a.expiry < b.expiry ? -1 : a.expiry > b.expiry ? 1 : 0) || (a.key < b.key ? -1 : 1),
    );
}
