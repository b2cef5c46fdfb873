/** Suspected duplicates among the children in memory (疑似重复个案). */

import type { Suspicion } from '../case/joined.ts';
import type { IndexedRow } from '../workspace/row.ts';

export interface Pair {
  reason: Suspicion;
  /** Ids of the two cases, the one to be kept in front: the older. */
  ids: readonly [string, string];
}

const RANK: Record<Suspicion, number> = { id_number: 0, card: 1, person: 2 };
/** Rows under one key that are held against each other. */
const ALIKE = 8;

/** Pairs of rows that may be one child and were not told apart, the surest first. */
export function suspectPairs(rows: readonly IndexedRow[]): Pair[] {
  const same = new Map<string, { reason: Suspicion; rows: IndexedRow[] }>();
  const note = (reason: Suspicion, key: string, row: IndexedRow) => {
    const known = same.get(`${reason} ${key}`);
    if (known) known.rows.push(row);
    else same.set(`${reason} ${key}`, { reason, rows: [row] });
  };
  for (const row of rows) {
    if (row.idNumber) note('id_number', row.idNumber, row);
    for (const number of row.numbers) note('card', number, row);
    if (row.name && row.birthDate && row.mother) {
      note('person', JSON.stringify([row.name, row.birthDate, row.mother]), row);
    }
  }
  const pairs = new Map<string, Pair>();
  for (const { reason, rows: alike } of same.values()) {
    const some = alike.slice(0, ALIKE).sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const [i, a] of some.entries()) {
      for (const b of some.slice(i + 1)) {
        if (a.id === b.id || a.apart.includes(b.id) || b.apart.includes(a.id)) continue;
        const key = `${a.id} ${b.id}`;
        const before = pairs.get(key);
        if (before && RANK[before.reason] <= RANK[reason]) continue;
        pairs.set(key, { reason, ids: [a.id, b.id] });
      }
    }
  }
  return [...pairs.values()].sort((a, b) => RANK[a.reason] - RANK[b.reason]);
}
