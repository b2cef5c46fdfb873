/**
 * The children of the clinic in memory (个案索引): search, cards and lists are answered from here,
 * synchronously. It starts from a snapshot and is then fed with whatever changes in the database.
 */
import type { ChildDoc } from '../case/document.ts';
import type { Pinyin } from './pinyin.ts';
import {
  type ChildRow,
  type Dues,
  dueWithin,
  type IndexedRow,
  isListed,
  type Link,
  rowOf,
} from './row.ts';
import { createSearch } from './search.ts';
import { CHUNK, type Snapshot } from './snapshot.ts';

export interface ChildIndex {
  /**
   * A child as it is now, with all its leaves merged; when it is several joined cases, how they are
   * joined, and each for itself.
   */
  put(child: ChildDoc, links?: Link[], cases?: readonly ChildDoc[]): void;
  remove(id: string): void;
  /** The row of a child, by any of the cases that make it. */
  row(id: string): ChildRow | null;
  rows(): readonly IndexedRow[];
  size(): number;
  search(query: string, limit?: number): ChildRow[];
  /** How names are read. */
  readings: Pinyin;
  /** The child who holds a card, by its number as read. */
  byCard(card: string): string | null;
  byCode(code: string): string | null;
  byIdNumber(idNumber: string): string | null;
  /**
   * Children with an 应种日 from `from` to `to`, both inclusive, the earliest first; with `besides`
   * also of the schedules that are offered besides the programme.
   */
  due(from: string, to: string, besides?: boolean): ChildRow[];
  /** Doses that the own site has given of a lot (see `lotKey`). */
  given(lotKey: string): number;
  /** How a child is computed that is put in from now on; null: it waits for `setDue`. */
  forecastWith(forecast: ((child: ChildDoc) => (Dues & { dueFor: string }) | null) | null): void;
  /** Notes what the schedule says of a child, unless it has changed since `rev`; tells nobody. */
  setDue(id: string, rev: string, dueFor: string, dues: Dues): void;
  /** Tells of what `setDue` has noted. */
  dueNoted(): void;
  /** Called after changes, at most once per turn of the event loop. */
  onChange(listener: () => void): () => void;
  /** Takes the chunks of the snapshot that have changed since the last call. */
  changedChunks(): Map<number, IndexedRow[]>;
  /** These chunks could not be written after all. */
  keepChanged(chunks: Iterable<number>): void;
}

/** Which row is found by which number, and how often a lot was given (查号). */
function createLookups() {
  const byCard = new Map<string, string>();
  const byCode = new Map<string, string>();
  const byIdNumber = new Map<string, string>();
  const given = new Map<string, number>();
  /** Joined cases that are shown under another. */
  const shownAs = new Map<string, string>();
  const of = (row: IndexedRow): [Map<string, string>, readonly string[]][] => [
    [byCard, row.numbers],
    [byCode, row.codes],
    [byIdNumber, row.idNumbers],
    [shownAs, row.links.flat().filter((id) => id !== row.id)],
  ];
  return {
    byCard,
    byCode,
    byIdNumber,
    given,
    shownAs,
    detach(row: IndexedRow) {
      for (const [map, keys] of of(row)) {
        for (const key of keys) if (map.get(key) === row.id) map.delete(key);
      }
      for (const lot of row.lots) given.set(lot, (given.get(lot) ?? 0) - 1);
    },
    attach(row: IndexedRow) {
      for (const [map, keys] of of(row)) for (const key of keys) map.set(key, row.id);
      for (const lot of row.lots) given.set(lot, (given.get(lot) ?? 0) + 1);
    },
  };
}

/** The rows that are the own clinic's and due within days, the earliest first. */
function dueRows(
  rows: readonly IndexedRow[],
  site: string,
  from: string,
  to: string,
  besides: boolean,
): IndexedRow[] {
  return rows
    .flatMap((row) => {
      if (!isListed(row, site)) return [];
      const date = dueWithin(row, from, to, besides)?.date;
      return date ? [{ row, date }] : [];
    })
    .sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
    .map(({ row }) => row);
}

export function createIndex(site: string, pinyin: Pinyin, snapshot: Snapshot | null): ChildIndex {
  const slots: IndexedRow[] = [];
  let forecast: Parameters<ChildIndex['forecastWith']>[0] = null;
  const search = createSearch(pinyin);
  const places = new Map<string, number>();
  const dirty = new Set<number>();
  const { byCard, byCode, byIdNumber, given, shownAs, detach, attach } = createLookups();
  const listeners = new Set<() => void>();
  let notified = false;

  const notify = () => {
    if (notified) return;
    notified = true;
    // Not a microtask: children that are taken one after the other would each be told, and each
    // telling costs as much as there are children.
    setTimeout(() => {
      notified = false;
      for (const listener of listeners) listener();
    });
  };
  const changed = (slot: number) => {
    dirty.add(Math.floor(slot / CHUNK));
    notify();
  };
  const place = (row: IndexedRow) => {
    const at = places.get(row.id);
    const before = at === undefined ? undefined : slots[at];
    if (before) detach(before);
    const slot = at ?? slots.length;
    places.set(row.id, slot);
    slots[slot] = row;
    search.put(slot, row);
    attach(row);
    changed(slot);
  };
  const rowAt = (id: string): IndexedRow | undefined => slots[places.get(id) ?? -1];

  for (const row of snapshot?.rows ?? []) place(row);
  dirty.clear();

  return {
    put: (child, links = [], cases = [child]) =>
      place({ ...rowOf(child, site, cases), links, ...forecast?.(child) }),
    remove(id) {
      const slot = places.get(id);
      if (slot === undefined) return;
      detach(slots[slot] as IndexedRow);
      places.delete(id);
      // The last row fills the gap, so that chunks stay dense.
      const last = slots.pop() as IndexedRow;
      if (last.id !== id) {
        slots[slot] = last;
        search.put(slot, last);
        places.set(last.id, slot);
      }
      search.cut(slots.length);
      changed(slots.length);
      changed(slot);
    },
    row: (id) => rowAt(id) ?? rowAt(shownAs.get(id) ?? id) ?? null,
    rows: () => slots,
    size: () => slots.length,
    search: (query, limit = 20) => search.find(query, limit),
    readings: pinyin,
    byCard: (card) => byCard.get(card) ?? null,
    byCode: (code) => byCode.get(code) ?? null,
    byIdNumber: (idNumber) => byIdNumber.get(idNumber.toUpperCase()) ?? null,
    due: (from, to, besides = false) => dueRows(slots, site, from, to, besides),
    given: (key) => given.get(key) ?? 0,
    forecastWith(asked) {
      forecast = asked;
    },
    setDue(id, rev, dueFor, dues) {
      const slot = places.get(id);
      const row = rowAt(id);
      if (!row || slot === undefined || row.rev !== rev) return;
      slots[slot] = { ...row, dueFor, ...dues };
      search.put(slot, slots[slot]);
      dirty.add(Math.floor(slot / CHUNK));
    },
    dueNoted: notify,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    changedChunks() {
      const chunks = new Map<number, IndexedRow[]>();
      for (const chunk of dirty) chunks.set(chunk, slots.slice(chunk * CHUNK, (chunk + 1) * CHUNK));
      dirty.clear();
      return chunks;
    },
    keepChanged(chunks) {
      for (const chunk of chunks) dirty.add(chunk);
    },
  };
}
