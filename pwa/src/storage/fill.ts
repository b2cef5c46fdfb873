/**
 * Writes documents that are new to a PouchDB database straight into the stores of its `idb` adapter.
 * `bulkDocs` first looks each document up and waits for each write; for the first load of a clinic
 * that is most of the time. Here a document that is there after all makes the whole batch fail, with
 * nothing written, and the caller goes the ordinary way.
 */
import type PouchDB from 'pouchdb-core';
import { DOCUMENTS, isPlain, isWhole, META, rowsOf, SEQUENCE } from './layout.ts';

/** Documents handed over in one go; in between the page may do something else. */
const SLICE = 125;

/** The sequence before and after; null when nothing was written and `bulkDocs` must do it. */
export type Fill = (docs: readonly PouchDB.Doc[]) => Promise<{ from: number; to: number } | null>;

/** Opens a second connection to PouchDB's own database, which must be open; null if it is unlike. */
export async function openFill(indexedDbName: string): Promise<Fill | null> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(indexedDbName);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  if (!isWhole(db)) {
    db.close();
    return null;
  }
  let open = true;
  db.onversionchange = () => {
    open = false;
    db.close();
  };
  // The browser has closed it: PouchDB opens its own anew, and writes without this help.
  db.onclose = () => {
    open = false;
  };
  return async (docs) => {
    if (!open || !docs.every(isPlain)) return null;
    let transaction: IDBTransaction;
    try {
      transaction = db.transaction([DOCUMENTS, SEQUENCE, META], 'readwrite', {
        // The server has all of this: what a power cut takes is loaded again.
        durability: 'relaxed',
      });
    } catch (error) {
      if ((error as DOMException).name !== 'InvalidStateError') throw error;
      // Closing: the browser has not said so yet.
      open = false;
      return null;
    }
    const documents = transaction.objectStore(DOCUMENTS);
    const sequence = transaction.objectStore(SEQUENCE);
    const meta = transaction.objectStore(META);
    return new Promise((resolve, reject) => {
      let from = 0;
      const slice = (at: number) => {
        for (let i = at; i < Math.min(at + SLICE, docs.length); i++) {
          const seq = from + 1 + i;
          const { body, document } = rowsOf(docs[i] as PouchDB.Doc, seq);
          const adding = documents.add(document);
          sequence.put(body, seq);
          // At the first one's answer, not the last one's: the browser writes while the next are made.
          if (i === at && at + SLICE < docs.length) adding.onsuccess = () => slice(at + SLICE);
        }
      };
      meta.get(META).onsuccess = ({ target }) => {
        const now = (target as IDBRequest<{ docCount: number }>).result;
        meta.put({ ...now, docCount: now.docCount + docs.length });
        sequence.openKeyCursor(null, 'prev').onsuccess = (event) => {
          from = Number((event.target as IDBRequest<IDBCursor | null>).result?.key ?? 0);
          slice(0);
        };
      };
      transaction.oncomplete = () => resolve({ from, to: from + docs.length });
      transaction.onabort = () => {
        // A connection that was closed on the way has written nothing either.
        if (transaction.error?.name === 'ConstraintError' || !open) resolve(null);
        else reject(transaction.error);
      };
    });
  };
}
