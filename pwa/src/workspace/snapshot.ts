/**
 * The index as it was, in a small IndexedDB of its own, so that a start need not read every child.
 * Rows lie in chunks of JSON text, which browsers read far faster than single records; only chunks
 * that changed are written. Losing it costs time and nothing else.
 */
import type { IndexedRow } from './row.ts';

/** Rows of one chunk. */
export const CHUNK = 2000;
/** Raised when a row's shape changes: older snapshots are then made anew. */
const VERSION = 11;

export interface Snapshot {
  /** The local sequence that the rows cover. */
  covered: number;
  rows: IndexedRow[];
}

export interface SnapshotStore {
  /** The last snapshot, or null when there is none of this version. */
  load(): Promise<Snapshot | null>;
  /** Writes the chunks given, and what the whole now covers, in one transaction. */
  save(covered: number, count: number, chunks: Map<number, IndexedRow[]>): Promise<void>;
  clear(): Promise<void>;
  close(): void;
}

interface Head {
  version: number;
  covered: number;
  count: number;
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

export async function openSnapshots(name: string): Promise<SnapshotStore> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('chunks');
  const db = await asked(opening);
  db.onversionchange = () => db.close();

  const write = async (work: (store: IDBObjectStore) => void) => {
    const transaction = db.transaction('chunks', 'readwrite', { durability: 'relaxed' });
    work(transaction.objectStore('chunks'));
    await finished(transaction);
  };

  return {
    async load() {
      const store = db.transaction('chunks').objectStore('chunks');
      const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
      const head = values[keys.indexOf('head')] as Head | undefined;
      if (head?.version !== VERSION) return null;
      const rows: IndexedRow[] = [];
      for (const [at, key] of keys.entries()) {
        if (key === 'head') continue;
        for (const row of JSON.parse(values[at] as string) as IndexedRow[]) rows.push(row);
      }
      return rows.length === head.count ? { covered: head.covered, rows } : null;
    },
    async save(covered, count, chunks) {
      const texts: [number, string][] = [];
      for (const [key, rows] of chunks) {
        texts.push([key, JSON.stringify(rows)]);
        // One chunk a turn: a key or a swipe may come in between.
        await new Promise((resolve) => setTimeout(resolve));
      }
      await write((store) => {
        for (const [key, text] of texts) store.put(text, key);
        store.put({ version: VERSION, covered, count } satisfies Head, 'head');
      });
    },
    clear: () => write((store) => store.clear()),
    close: () => db.close(),
  };
}
