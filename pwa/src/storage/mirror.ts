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

/** Reads what lies before and after the children, without reading the children. */
export async function readSmall(db: PouchDB.Database): Promise<PouchDB.Doc[]> {
  const ranges = [{ endkey: 'child:' }, { startkey: 'child;' }];
  const pages = await Promise.all(
    ranges.map((range) => db.allDocs({ ...range, include_docs: true })),
  );
  return pages.flatMap((page) => page.rows.flatMap((row) => (row.doc ? [row.doc] : [])));
}
