/**
 * The one connection that PouchDB opens to a database, made to behave: PouchDB opens it, and its
 * transactions, without a say of ours. Only that connection is changed, nothing of the page's.
 */
import { indexedDbName } from './layout.ts';

export interface Connection {
  /** The browser has closed it: nothing can be read or written any more. */
  closed: boolean;
  /** Why the last transaction was undone, as the browser said; PouchDB keeps its name alone. */
  undone: unknown;
}

/**
 * - A write waits for the disk, so that what a nurse recorded survives a power cut; browsers default
 *   to `relaxed`.
 * - A transaction that was undone is its writer's to hear of. PouchDB closes the whole database at
 *   the first one, so that after a full disk nothing could be saved until the program was reopened.
 * - A connection that the browser has closed is forgotten by PouchDB too, which would hand out the
 *   dead one again; and what waited for it is told, which browsers leave waiting.
 */
function behave(db: IDBDatabase, connection: Connection): void {
  const open = db.transaction.bind(db);
  const running = new Set<IDBTransaction>();
  db.transaction = (
    stores: string | Iterable<string>,
    mode?: IDBTransactionMode,
    options?: IDBTransactionOptions,
  ) => {
    const names = typeof stores === 'string' ? stores : [...stores];
    const strict: IDBTransactionOptions = { durability: 'strict', ...options };
    const opened = open(names, mode, mode === 'readwrite' ? strict : options);
    running.add(opened);
    opened.addEventListener('complete', () => running.delete(opened));
    opened.addEventListener('abort', (event) => {
      event.stopPropagation();
      running.delete(opened);
      connection.undone = opened.error ?? connection.undone;
    });
    return opened;
  };
  db.addEventListener('close', (event) => {
    connection.closed = true;
    db.onversionchange?.(event as IDBVersionChangeEvent);
    for (const left of running) left.onabort?.(event);
  });
}

/** Databases that PouchDB is opening now, by the browser's name for them. */
const awaited = new Map<string, Connection>();

/** Stands in for `indexedDB.open` while PouchDB opens a database, which calls it by that name. */
function watchedOpen(this: IDBFactory, name: string, version?: number): IDBOpenDBRequest {
  const opening = IDBFactory.prototype.open.call(indexedDB, name, version);
  const connection = awaited.get(name);
  // Before PouchDB's own handler, which begins its first transaction.
  if (connection) opening.addEventListener('success', () => behave(opening.result, connection));
  return opening;
}

/** Does `work`, in which PouchDB opens the database `name`, and tells of the connection that it got. */
export async function connecting<T>(
  name: string,
  work: () => Promise<T>,
): Promise<[T, Connection]> {
  const connection: Connection = { closed: false, undone: null };
  const key = indexedDbName(name);
  awaited.set(key, connection);
  indexedDB.open = watchedOpen;
  try {
    return [await work(), connection];
  } finally {
    awaited.delete(key);
    if (awaited.size === 0) delete (indexedDB as { open?: unknown }).open;
  }
}
