/**
 * Writes documents that are new to a PouchDB database straight into the stores of its `idb` adapter.
 * `bulkDocs` first looks each document up and waits for each write; for the first load of a clinic
 * that is most of the time. Here a document that is there after all makes the whole batch fail, with
 * nothing written, and the caller goes the ordinary way.
 */
import type PouchDB from 'pouchdb-core';

/** The layout of pouchdb-adapter-idb 9 (its ADAPTER_VERSION). Another one is left alone. */
const LAYOUT = 5;
const DOCUMENTS = 'document-store';
const SEQUENCE = 'by-sequence';
const META = 'meta-store';
/** Documents handed over in one go; in between the page may do something else. */
const SLICE = 250;

/** The sequence before and after; null when nothing was written and `bulkDocs` must do it. */
export type Fill = (docs: readonly PouchDB.Doc[]) => Promise<{ from: number; to: number } | null>;

/** Can this document be written so: alive, and without attachments and history? */
function isPlain(doc: PouchDB.Doc): boolean {
  return !doc._deleted && doc._attachments === undefined && doc._revisions === undefined;
}

function rowsOf({ _id, _rev, _conflicts, ...body }: PouchDB.Doc, seq: number) {
  const rev = _rev as string;
  const dash = rev.indexOf('-');
  const tree = [
    { pos: Number(rev.slice(0, dash)), ids: [rev.slice(dash + 1), { status: 'available' }, []] },
  ];
  return {
    body: { ...body, _doc_id_rev: `${_id}::${rev}` },
    document: {
      data: JSON.stringify({ id: _id, rev, rev_tree: tree }),
      winningRev: rev,
      deletedOrLocal: '0',
      seq,
      id: _id,
    },
  };
}

/** Opens a second connection to PouchDB's own database, which must be open; null if it is unlike. */
export async function openFill(indexedDbName: string): Promise<Fill | null> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(indexedDbName);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const known = [DOCUMENTS, SEQUENCE, META].every((name) => db.objectStoreNames.contains(name));
  if (db.version !== LAYOUT || !known) {
    db.close();
    return null;
  }
  let open = true;
  db.onversionchange = () => {
    open = false;
    db.close();
  };
  return async (docs) => {
    if (!open || !docs.every(isPlain)) return null;
    const transaction = db.transaction([DOCUMENTS, SEQUENCE, META], 'readwrite', {
      // The server has all of this: what a power cut takes is loaded again.
      durability: 'relaxed',
    });
    const documents = transaction.objectStore(DOCUMENTS);
    const sequence = transaction.objectStore(SEQUENCE);
    const meta = transaction.objectStore(META);
    return new Promise((resolve, reject) => {
      let from = 0;
      const slice = (at: number) => {
        let last: IDBRequest | undefined;
        for (let i = at; i < Math.min(at + SLICE, docs.length); i++) {
          const seq = from + 1 + i;
          const { body, document } = rowsOf(docs[i] as PouchDB.Doc, seq);
          last = documents.add(document);
          sequence.put(body, seq);
        }
        if (last && at + SLICE < docs.length) last.onsuccess = () => slice(at + SLICE);
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
        if (transaction.error?.name === 'ConstraintError') resolve(null);
        else reject(transaction.error);
      };
    });
  };
}
