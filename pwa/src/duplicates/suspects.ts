/** Suspected duplicates among the children in memory (疑似重复个案). */

import { personKey, type Suspicion, sameFamily } from '../case/joined.ts';
import { comparableName } from '../case/name.ts';
import type { Pinyin } from '../workspace/pinyin.ts';
import type { IndexedRow } from '../workspace/row.ts';

/** What the names of two cases have in common is told here alone: the server reads no characters. */
export type LocalSuspicion = Suspicion | 'sound';

export interface Pair {
  reason: LocalSuspicion;
  /** Ids of the two cases, the one to be kept in front: the older. */
  ids: readonly [string, string];
}

const RANK: Record<LocalSuspicion, number> = {
  id_number: 0,
  card: 1,
  person: 2,
  sound: 3,
  family: 4,
};
/** Rows under one key that are held against each other. */
const ALIKE = 8;
/** Ways to read a name that are looked at. */
const MOST_SOUNDS = 16;

/** The ways to read a name as a whole; a place that cannot be read stands for itself. */
function soundsOf(name: string, readings: Pinyin): string[] {
  const written = [...comparableName(name)];
  let sounds = [''];
  for (const [at, place] of readings(name).entries()) {
    const ways = place.length ? place : [written[at] ?? ''];
    sounds = ways.flatMap((way) => sounds.map((sound) => `${sound} ${way}`)).slice(0, MOST_SOUNDS);
  }
  return sounds;
}

/** Can both have one mother, as far as is known? */
function mayShareMother(a: IndexedRow, b: IndexedRow, readings: Pinyin): boolean {
  if (!a.mother || !b.mother) return true;
  const known = soundsOf(a.mother, readings);
  return soundsOf(b.mother, readings).some((sound) => known.includes(sound));
}

/** Pairs of rows that may be one child and were not told apart, the surest first. */
export function suspectPairs(rows: readonly IndexedRow[], readings: Pinyin): Pair[] {
  const same = new Map<string, { reason: LocalSuspicion; rows: IndexedRow[] }>();
  const note = (reason: LocalSuspicion, key: string, row: IndexedRow) => {
    const known = same.get(`${reason} ${key}`);
    if (known) known.rows.push(row);
    else same.set(`${reason} ${key}`, { reason, rows: [row] });
  };
  for (const row of rows) {
    if (row.idNumber) note('id_number', row.idNumber, row);
    for (const number of row.numbers) note('card', number, row);
    const person = personKey(row.name, row.birthDate, row.mother);
    if (person) note('person', person, row);
    for (const shared of [row.mother, row.phone]) {
      if (row.birthDate && shared)
        note('family', `${row.birthDate} ${comparableName(shared)}`, row);
    }
    if (row.name && row.birthDate) {
      for (const sound of soundsOf(row.name, readings)) {
        note('sound', `${row.birthDate} ${row.sex}${sound}`, row);
      }
    }
  }
  const pairs = new Map<string, Pair>();
  for (const { reason, rows: alike } of same.values()) {
    const some = alike.slice(0, ALIKE).sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const [i, a] of some.entries()) {
      for (const b of some.slice(i + 1)) {
        if (a.id === b.id || a.apart.includes(b.id) || b.apart.includes(a.id)) continue;
        if (reason === 'family' && !sameFamily(a, b)) continue;
        if (reason === 'sound' && !mayShareMother(a, b, readings)) continue;
        const key = `${a.id} ${b.id}`;
        const before = pairs.get(key);
        if (before && RANK[before.reason] <= RANK[reason]) continue;
        pairs.set(key, { reason, ids: [a.id, b.id] });
      }
    }
  }
  return [...pairs.values()].sort((a, b) => RANK[a.reason] - RANK[b.reason]);
}
