/** Opens PouchDB databases in IndexedDB, with writes that are on the disk before they resolve. */

import idb from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import { storageFault } from './fault.ts';

PouchDB.plugin(idb);

/**
 * Changes how PouchDB's transactions behave, which it opens without a say of ours:
 *
 * - A write waits for the disk, so that what a nurse recorded survives a power cut; browsers default
 *   to `relaxed`.
 * - A transaction that was undone is its writer's to hear of. PouchDB closes the whole database at
 *   the first one, so that after a full disk nothing could be saved until the program was reopened.
 */
function chooseTransactions(): void {
  if (typeof IDBDatabase === 'undefined') return;
  const open = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function transaction(
    stores: string | Iterable<string>,
    mode?: IDBTransactionMode,
    options?: IDBTransactionOptions,
  ) {
    const names = typeof stores === 'string' ? stores : [...stores];
    const opened = open.call(
      this,
      names,
      mode,
      mode === 'readwrite' ? { durability: 'strict', ...options } : options,
    );
    opened.addEventListener('abort', (event) => event.stopPropagation());
    return opened;
  };
}
chooseTransactions();

/** The name that the browser knows a PouchDB database by. */
export function indexedDbName(name: string): string {
  return `_pouch_${name}`;
}

/** Opens `name`, made when absent. Throws `StorageDamaged` or `StorageFull`. */
export async function openDatabase(name: string): Promise<PouchDB.Database> {
  try {
    const db = new PouchDB(name, { adapter: 'idb', revs_limit: 1000 });
    await db.info();
    return db;
  } catch (error) {
    throw storageFault(error);
  }
}
