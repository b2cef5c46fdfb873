/**
 * How pouchdb-adapter-idb 9 keeps a database in IndexedDB: the one place that knows. Another version of
 * it makes a test fail (`layout.test.ts`), and a database of another layout is left to PouchDB alone.
 */
import type PouchDB from 'pouchdb-core';

/** Its version, as its package says. */
export const ADAPTER = '9.0.0';
/** Its `ADAPTER_VERSION`, the version of its databases. */
export const LAYOUT = 5;
/** Document id → its revisions. */
export const DOCUMENTS = 'document-store';
/** Local sequence → what a revision says. */
export const SEQUENCE = 'by-sequence';
/** How many documents there are. */
export const META = 'meta-store';
/** `_local` documents. */
const LOCAL = 'local-store';
const STORES = [
  DOCUMENTS,
  SEQUENCE,
  META,
  LOCAL,
  'attach-store',
  'attach-seq-store',
  'detect-blob-support',
];

/** The name that the browser knows a PouchDB database by. */
export function indexedDbName(name: string): string {
  return `_pouch_${name}`;
}

/** Is a database laid out as expected, with nothing missing? */
export function isWhole(db: IDBDatabase): boolean {
  return db.version === LAYOUT && !lacksStores(db);
}

/** Is a database laid out as expected, but for stores that are gone? */
export function lacksStores({ version, objectStoreNames }: IDBDatabase): boolean {
  return version === LAYOUT && !STORES.every((store) => objectStoreNames.contains(store));
}

/** Can this document be written without asking what is there: alive, no attachments, no history? */
export function isPlain(doc: PouchDB.Doc): boolean {
  return !doc._deleted && doc._attachments === undefined && doc._revisions === undefined;
}

/** What two stores hold of a plain document that is new. */
export function rowsOf({ _id, _rev, _conflicts, ...body }: PouchDB.Doc, seq: number) {
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

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * What can still be read of a database that is not whole: the last revision of each document, as a plain
 * one; none when the store of their bodies is what is lost.
 */
export async function readBodies(db: IDBDatabase): Promise<PouchDB.Doc[]> {
  if (!db.objectStoreNames.contains(SEQUENCE)) return [];
  const bodies: Record<string, unknown>[] = await asked(
    db.transaction(SEQUENCE).objectStore(SEQUENCE).getAll(),
  );
  const latest = new Map<string, PouchDB.Doc>();
  for (const { _doc_id_rev, _deleted, ...body } of bodies) {
    const [id, rev] = String(_doc_id_rev).split('::');
    if (!id || !rev) continue;
    if (_deleted) latest.delete(id);
    else latest.set(id, { ...body, _id: id, _rev: rev } as PouchDB.Doc);
  }
  return [...latest.values()];
}
