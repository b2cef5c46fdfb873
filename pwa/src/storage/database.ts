/**
 * Opens PouchDB databases in IndexedDB, with writes that are on the disk before they resolve. A
 * database stays usable for as long as the browser lets it be opened: a connection that was closed,
 * as Chromium closes it when the disk is full, is opened anew at the next call.
 */

import idb from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import { type Connection, connecting } from './connection.ts';
import { type Fault, storageFault } from './fault.ts';
import { indexedDbName, lacksStores, readBodies } from './layout.ts';

PouchDB.plugin(idb);

export { indexedDbName } from './layout.ts';

/** The methods of PouchDB that read or write; each may find the connection dead. */
const CALLS = new Set<string | symbol>([
  'allDocs',
  'bulkDocs',
  'bulkGet',
  'changes',
  'get',
  'info',
  'put',
  'revsDiff',
] satisfies (keyof PouchDB.Database)[]);

async function connect(name: string): Promise<[PouchDB.Database, Connection]> {
  return connecting(name, async () => {
    const db = new PouchDB(name, { adapter: 'idb', revs_limit: 1000 });
    await db.info();
    return db;
  });
}

/** An answer of PouchDB's about a document, as of a conflict: nothing is wrong with the storage. */
function isAnswer(error: unknown): boolean {
  const { status } = (error ?? {}) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500;
}

/** Told of each fault, and with null when what failed works again. */
export type Told = (fault: Fault | null) => void;

/** `db` for as long as the page lives, on whatever connection there is. */
function lasting(
  name: string,
  first: [PouchDB.Database, Connection],
  told: Told,
): PouchDB.Database {
  let [db, connection] = first;
  let failed = false;
  let reopening: Promise<void> | null = null;
  /** Why it cannot be opened; tried again at each call. */
  let failure: unknown = null;
  let ended = false;

  const reopen = () => {
    reopening ??= connect(name)
      .then(
        (found) => {
          [db, connection] = found;
          failure = null;
        },
        (error: unknown) => {
          // What closed it says more than that it cannot be opened.
          failure ??= new Error('The database cannot be opened again.', {
            cause: connection.undone ?? error,
          });
          throw storageFault(failure);
        },
      )
      .finally(() => {
        reopening = null;
      });
    return reopening;
  };
  const ask = async (method: string | symbol, args: unknown[]): Promise<unknown> => {
    const now = db;
    return (Reflect.get(now, method) as (...all: unknown[]) => unknown).apply(now, args);
  };
  const attempt = async (method: string | symbol, args: unknown[]): Promise<unknown> => {
    if (failure && !ended) await reopen();
    const before = connection;
    try {
      return await ask(method, args);
    } catch (error) {
      if (isAnswer(error) || ended) throw error;
      // The browser tells that it has closed a connection a little after the error.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const { closed, undone } = before;
      before.undone = null;
      const cause = undone ? new Error(String(error), { cause: undone }) : error;
      if (!closed && !isClosed(error)) throw storageFault(cause);
      // Nothing of what failed was written, so it can be asked for once more.
      connection.undone ??= undone;
      if (connection === before) await reopen();
      return await ask(method, args).catch((again: unknown) => {
        throw isAnswer(again) ? again : storageFault(again);
      });
    }
  };

  const call = async (method: string | symbol, args: unknown[]): Promise<unknown> => {
    try {
      const answer = await attempt(method, args);
      // Reading works on a full disk too.
      if (failed && (method === 'put' || method === 'bulkDocs')) {
        failed = false;
        told(null);
      }
      return answer;
    } catch (error) {
      if (!isAnswer(error) && !ended) {
        failed = true;
        told(storageFault(error));
      }
      throw error;
    }
  };

  return new Proxy(db, {
    get(_, property) {
      if (CALLS.has(property)) return (...args: unknown[]) => call(property, args);
      if (property === 'close') {
        return () => {
          ended = true;
          return db.close();
        };
      }
      const value = Reflect.get(db, property);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}

/** Was it said of a connection that is closed or closing? */
function isClosed(error: unknown): boolean {
  const { name, reason } = (error ?? {}) as { name?: unknown; reason?: unknown };
  return name === 'InvalidStateError' || reason === 'InvalidStateError';
}

/** The database as it lies there, or null when there is none. */
function openRaw(name: string): Promise<IDBDatabase | null> {
  const opening = indexedDB.open(indexedDbName(name));
  let absent = false;
  opening.onupgradeneeded = () => {
    absent = true;
    opening.transaction?.abort();
  };
  return new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = (event) => {
      event.preventDefault();
      if (absent) resolve(null);
      else reject(opening.error);
    };
  });
}

function remove(name: string): Promise<void> {
  const removing = indexedDB.deleteDatabase(indexedDbName(name));
  return new Promise((resolve, reject) => {
    removing.onsuccess = () => resolve();
    removing.onerror = () => reject(removing.error);
  });
}

/**
 * A database of which a store is gone would open, and could never be used. What can still be read is
 * written into a new one; the rest comes from the server.
 */
async function mend(name: string): Promise<void> {
  const old = await openRaw(name);
  if (!old) return;
  const lacking = lacksStores(old);
  const saved = lacking ? await readBodies(old) : [];
  old.close();
  if (!lacking) return;
  console.error(`${name} has lost a store: ${saved.length} documents could be read`);
  await remove(name);
  const [db] = await connect(name);
  if (saved.length) await db.bulkDocs(saved, { new_edits: false });
  await db.close();
}

/** Opens `name`, made when absent. Throws `StorageDamaged` or `StorageFull`. */
export async function openDatabase(name: string, told: Told = () => {}): Promise<PouchDB.Database> {
  try {
    await mend(name);
    return lasting(name, await connect(name), told);
  } catch (error) {
    throw storageFault(error);
  }
}
