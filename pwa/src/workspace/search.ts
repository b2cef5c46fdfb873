/**
 * Search over the children in memory (查询): every word of the query must be found in a child. A word
 * of digits is looked for in the child's code, ID number, phones, cards and birth date; Latin letters
 * in the readings of the name, in full or their first letters; anything else in the name and the
 * mother's name. Query and names are compared in one form (`comparableName`).
 */
import { comparableName } from '../case/name.ts';
import type { Pinyin } from './pinyin.ts';
import type { IndexedRow } from './row.ts';

/** 0: all of it, 1: its beginning, 2: somewhere in it; 3 more by a less likely reading; null: not found. */
type Rank = 0 | 1 | 2 | 3 | 4 | 5 | null;
const RANKS = 6;
const RARE = 3;

interface Word {
  kind: 'digits' | 'latin' | 'text';
  text: string;
}

/** What of a row is searched, made once. */
interface Entry {
  row: IndexedRow;
  name: string;
  mother: string;
  readings: ReturnType<Pinyin>;
  /** A bit for each letter that a reading begins with: hardly any name is read from most of them. */
  initials: number;
  digits: string;
  /** Birth date as a number, `20240315`: the greater, the younger. */
  born: number;
}

export interface Search {
  /** The row in a slot, or that there is none any more. */
  put(slot: number, row: IndexedRow): void;
  /** Slots from this one on hold nothing. */
  cut(size: number): void;
  /** The best `limit` rows for a query, best first. An empty query finds nothing. */
  find(query: string, limit: number): IndexedRow[];
}

function wordsOf(query: string): Word[] {
  return query
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .split(/[\s,，、;；]+/)
    .flatMap((typed): Word[] => {
      const digits = typed.replace(/[-./+]|(?<=\d)[年月]|日$/g, '');
      if (/^\d+x?$/.test(digits)) return [{ kind: 'digits', text: digits.toUpperCase() }];
      const text = comparableName(typed);
      if (!text) return [];
      return /^[a-zü]+$/.test(text)
        ? [{ kind: 'latin', text: text.replaceAll('ü', 'v') }]
        : [{ kind: 'text', text }];
    });
}

function rankDigits(digits: string, text: string): Rank {
  const at = digits.indexOf(text);
  if (at < 0) return null;
  if (at !== 0 && digits[at - 1] !== ' ') {
    // A later number may begin with it.
    const start = digits.indexOf(` ${text}`);
    if (start < 0) return 2;
    const end = start + 1 + text.length;
    return end === digits.length || digits[end] === ' ' ? 0 : 1;
  }
  const end = at + text.length;
  return end === digits.length || digits[end] === ' ' ? 0 : 1;
}

/** Initials of two letters, which some type whole: `zhxm`. */
const DOUBLE = /^[zcs]h/;

/**
 * Can letters be read from a place on, each place in full or by its initial, the last one begun?
 * 0: to the end of the name, 1: not to its end, 3 more by a less likely reading; null: they cannot.
 */
function readFrom(
  readings: ReturnType<Pinyin>,
  place: number,
  text: string,
  at: number,
): 0 | 1 | 3 | 4 | null {
  if (at === text.length) return place === readings.length ? 0 : 1;
  const here = readings[place];
  if (!here) return null;
  // What has no reading is passed over.
  if (here.length === 0) return readFrom(readings, place + 1, text, at);
  let best: 0 | 1 | 3 | 4 | null = null;
  for (let i = 0; i < here.length; i++) {
    const reading = here[i] as string;
    if (reading[0] !== text[at]) continue;
    const rare = i === 0 ? 0 : RARE;
    for (const length of takes(reading, text, at)) {
      const rest =
        length < reading.length && at + length === text.length
          ? begun(readings, place, length)
          : readFrom(readings, place + 1, text, at + length);
      if (rest === null) continue;
      const rank = (rest >= RARE ? rest : rest + rare) as 0 | 1 | 3 | 4;
      if (best === null || rank < best) best = rank;
      if (best === 0) return 0;
    }
  }
  return best;
}

/** Letters end within a reading: an initial stands for all of it. */
function begun(readings: ReturnType<Pinyin>, place: number, length: number): 0 | 1 {
  return length === 1 && place === readings.length - 1 ? 0 : 1;
}

/** How many letters of a text a reading may take: all of it, its beginning at the end, its initial. */
function takes(reading: string, text: string, at: number): number[] {
  const left = text.length - at;
  const lengths: number[] = [];
  if (left >= reading.length) {
    if (text.startsWith(reading, at)) lengths.push(reading.length);
  } else if (left > 1 && reading.startsWith(text.slice(at))) lengths.push(left);
  if (left > 2 && DOUBLE.test(reading) && reading.length > 2 && text[at + 1] === 'h')
    lengths.push(2);
  if (reading.length > 1 || lengths.length === 0) lengths.push(1);
  return lengths;
}

/** A letter's bit; `ê` shares one with another letter. */
const bitOf = (letters: string) => 1 << (letters.charCodeAt(0) & 31);

function initialsOf(readings: ReturnType<Pinyin>): number {
  let bits = 0;
  for (const place of readings) for (const reading of place) bits |= bitOf(reading);
  return bits;
}

function rankLatin({ readings, initials }: Entry, text: string): Rank {
  if ((initials & bitOf(text)) === 0) return null;
  let best: Rank = null;
  for (let place = 0; place < readings.length; place++) {
    const rank = readFrom(readings, place, text, 0);
    if (rank === null) continue;
    const here = (place === 0 ? rank : rank >= RARE ? 5 : 2) as Exclude<Rank, null>;
    if (best === null || here < best) best = here;
    if (best <= 2) return best;
  }
  return best;
}

function rankText({ name, mother }: Entry, text: string): Rank {
  const at = name.indexOf(text);
  if (at === 0) return name.length === text.length ? 0 : 1;
  return at > 0 || mother.includes(text) ? 2 : null;
}

function rankOf(entry: Entry, words: readonly Word[]): Rank {
  let worst: Exclude<Rank, null> = 0;
  for (const { kind, text } of words) {
    const rank =
      kind === 'digits'
        ? rankDigits(entry.digits, text)
        : kind === 'latin'
          ? rankLatin(entry, text)
          : rankText(entry, text);
    if (rank === null) return null;
    if (rank > worst) worst = rank;
  }
  return worst;
}

/** The younger first: it is the one who comes to the clinic. */
function younger(a: Entry, b: Entry): boolean {
  return a.born === b.born ? a.row.id < b.row.id : a.born > b.born;
}

/** Puts an entry into the first `limit` of a sorted list. */
function keepBest(list: Entry[], entry: Entry, limit: number): void {
  if (list.length >= limit) {
    if (younger(list[list.length - 1] as Entry, entry)) return;
    list.pop();
  }
  let at = list.length;
  while (at > 0 && younger(entry, list[at - 1] as Entry)) at--;
  list.splice(at, 0, entry);
}

/** Does whatever is found by `now` stand among what is found by `before`? */
function narrows(before: readonly Word[], now: readonly Word[]): boolean {
  return (
    before.length === now.length &&
    now.every(({ kind, text }, i) => {
      const word = before[i] as Word;
      return word.kind === kind && text.startsWith(word.text);
    })
  );
}

/** Is each found by the same queries, at the same rank and place? */
function isFoundAlike(a: IndexedRow, b: IndexedRow): boolean {
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.mother === b.mother &&
    a.digits === b.digits &&
    a.birthDate === b.birthDate
  );
}

export function createSearch(pinyin: Pinyin): Search {
  const entries: Entry[] = [];
  /** What the last query has found: the next key looks only there. */
  let last: { words: Word[]; found: Entry[] } | null = null;

  const entryOf = (row: IndexedRow): Entry => {
    const readings = pinyin(row.name);
    return {
      row,
      name: comparableName(row.name),
      mother: row.mother === null ? '' : comparableName(row.mother),
      readings,
      initials: initialsOf(readings),
      digits: row.digits,
      born: Number(row.birthDate?.replaceAll('-', '') ?? 0),
    };
  };

  return {
    put(slot, row) {
      const entry = entries[slot];
      // What the schedules say of a child changes far more often than the child.
      if (entry && isFoundAlike(entry.row, row)) entry.row = row;
      else {
        entries[slot] = entryOf(row);
        last = null;
      }
    },
    cut(size) {
      entries.length = size;
      last = null;
    },
    find(query, limit) {
      const words = wordsOf(query);
      if (words.length === 0) return [];
      const among = last && narrows(last.words, words) ? last.found : entries;
      const best: Entry[][] = Array.from({ length: RANKS }, () => []);
      const found: Entry[] = [];
      for (const entry of among) {
        const rank = rankOf(entry, words);
        if (rank === null) continue;
        found.push(entry);
        keepBest(best[rank] as Entry[], entry, limit);
      }
      last = { words, found };
      // An exact one by a rarer reading stands before what only begins so.
      const [all, begins, within, allRare, beginsRare, withinRare] = best as [
        Entry[],
        Entry[],
        Entry[],
        Entry[],
        Entry[],
        Entry[],
      ];
      return [all, allRare, begins, within, beginsRare, withinRare]
        .flat()
        .slice(0, limit)
        .map(({ row }) => row);
    },
  };
}
