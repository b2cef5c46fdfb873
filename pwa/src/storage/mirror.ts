/** Small documents in memory, by their ids: settings, stock, devices, problems; the catalog. */
import type PouchDB from 'pouchdb-core';

export interface Mirror {
  take(docs: readonly PouchDB.Doc[]): void;
  get<T extends object>(id: string): (T & PouchDB.Meta) | null;
  /** Documents whose ids begin so, by id. */
  all<T extends object>(prefix: string): (T & PouchDB.Meta)[];
  onChange(listener: () => void): () => void;
}

/** Mirrors the documents that `accepts` lets in. */
export function createMirror(accepts: (id: string) => boolean): Mirror {
  const docs = new Map<string, PouchDB.Doc>();
  const listeners = new Set<() => void>();
  return {
    take(changed) {
      let touched = false;
      for (const doc of changed) {
        if (!accepts(doc._id)) continue;
        touched = true;
        if (doc._deleted) docs.delete(doc._id);
        else docs.set(doc._id, doc);
      }
      if (touched) for (const listener of listeners) listener();
    },
    get: <T extends object>(id: string) => (docs.get(id) as (T & PouchDB.Meta) | undefined) ?? null,
    all: <T extends object>(prefix: string) =>
      [...docs.keys()]
        .filter((id) => id.startsWith(prefix))
        .sort()
        .map((id) => docs.get(id) as unknown as T & PouchDB.Meta),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Documents of one read. */
const PAGE = 1000;

/** Reads the documents whose ids begin with any of these, page by page. */
export async function readRanges(
  db: PouchDB.Database,
  prefixes: readonly string[],
): Promise<PouchDB.Doc[]> {
  const found: PouchDB.Doc[] = [];
  for (const prefix of prefixes) {
    let startkey = prefix;
    for (;;) {
      const asked = { startkey, endkey: `${prefix}\ufff0`, limit: PAGE, include_docs: true };
      const { rows } = await db.allDocs(asked);
      for (const { doc } of rows) if (doc) found.push(doc);
      const last = rows.at(-1)?.id;
      if (rows.length < PAGE || last === undefined) break;
      startkey = `${last}\u0000`;
    }
  }
  return found;
}
