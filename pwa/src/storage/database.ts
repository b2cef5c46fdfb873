/** Opens PouchDB databases in IndexedDB, with writes that are on the disk before they resolve. */

import idb from 'pouchdb-adapter-idb';
import PouchDB from 'pouchdb-core';
import { storageFault } from './fault.ts';

PouchDB.plugin(idb);

/**
 * Makes a write wait for the disk, so that what a nurse recorded survives a power cut. PouchDB opens
 * its transactions without a say in durability, and browsers default to `relaxed`.
 */
function chooseDurability(): void {
  if (typeof IDBDatabase === 'undefined') return;
  const open = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function transaction(
    stores: string | Iterable<string>,
    mode?: IDBTransactionMode,
    options?: IDBTransactionOptions,
  ) {
    const names = typeof stores === 'string' ? stores : [...stores];
    return open.call(
      this,
      names,
      mode,
      mode === 'readwrite' ? { durability: 'strict', ...options } : options,
    );
  };
}
chooseDurability();

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
