// @vitest-environment happy-dom
import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, expect, it, vi } from 'vitest';
import { indexedDbName, openDatabase } from './database.ts';
import type { Fault } from './fault.ts';

/** The connections that were opened to a database, the last one last. */
function watch(name: string): IDBDatabase[] {
  const found: IDBDatabase[] = [];
  const open = IDBFactory.prototype.open;
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(function (this: IDBFactory, ...asked) {
    const opening = open.apply(this, asked);
    if (asked[0] === indexedDbName(name)) {
      opening.addEventListener('success', () => found.push(opening.result));
    }
    return opening;
  });
  return found;
}

/** As a browser closes a connection by itself. */
function close(connection: IDBDatabase | undefined): void {
  forceCloseDatabase(connection as never);
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Fault) => error.code,
  );

afterEach(() => {
  vi.restoreAllMocks();
});

it('changes one connection, and nothing of the page', async () => {
  const [prototype, open] = [IDBDatabase.prototype.transaction, indexedDB.open];
  const connections = watch('narrow');
  await Promise.all([openDatabase('narrow'), openDatabase('narrow-too')]);
  expect(IDBDatabase.prototype.transaction).toBe(prototype);
  expect(Object.hasOwn(indexedDB, 'open')).toBe(false);
  expect(open).not.toBeUndefined();
  const asked = vi.spyOn(IDBDatabase.prototype, 'transaction');
  connections[0]?.transaction('meta-store', 'readwrite');
  expect(Object.hasOwn(connections[0] as object, 'transaction')).toBe(true);
  asked.mockRestore();
});

it('goes on after the browser has closed its connection', async () => {
  const connections = watch('closed');
  const db = await openDatabase('closed');
  await db.put({ _id: 'a' });
  close(connections.at(-1));
  expect(await db.get('a')).toMatchObject({ _id: 'a' });
  close(connections.at(-1));
  await db.put({ _id: 'b' });
  expect((await db.info()).doc_count).toBe(2);
  await expect(db.get('none')).rejects.toMatchObject({ status: 404 });
});

it('says that the disk is full for as long as it is, and saves when there is room', async () => {
  const connections = watch('full');
  const db = await openDatabase('full');
  await db.put({ _id: 'a' });
  // As Chromium does it: undone, closed, and not to be opened while there is no room.
  const why = new DOMException(
    'Connection is closing because of: IO error: x.log: FILE_ERROR_NO_SPACE (ChromeMethodBFE: 3::)',
    'UnknownError',
  );
  const connection = connections.at(-1) as IDBDatabase;
  const transaction = connection.transaction;
  connection.transaction = (...asked: Parameters<IDBDatabase['transaction']>) => {
    const opened = transaction.apply(connection, asked);
    Object.defineProperty(opened, 'error', { value: why });
    queueMicrotask(() => {
      opened.abort();
      setTimeout(() => close(connection));
    });
    return opened;
  };
  const opening = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
    const failing = new EventTarget() as IDBOpenDBRequest;
    const error = new DOMException('Internal error opening backing store.', 'UnknownError');
    Object.assign(failing, { error });
    setTimeout(() => failing.onerror?.({ target: failing } as unknown as Event));
    return failing;
  });
  expect(await code(db.put({ _id: 'b' }))).toBe('StorageFull');
  expect(await code(db.put({ _id: 'b' }))).toBe('StorageFull');
  expect(await code(db.get('a'))).toBe('StorageFull');
  opening.mockRestore();
  await db.put({ _id: 'b' });
  expect((await db.info()).doc_count).toBe(2);
});

it('tells a quota from damage, and stays usable', async () => {
  const connections = watch('quota');
  const db = await openDatabase('quota');
  const connection = connections.at(-1) as IDBDatabase;
  const { transaction } = connection;
  connection.transaction = (...asked: Parameters<IDBDatabase['transaction']>) => {
    const opened = transaction.apply(connection, asked);
    const error = new DOMException('words that nobody reads', 'QuotaExceededError');
    Object.defineProperty(opened, 'error', { value: error });
    queueMicrotask(() => opened.abort());
    return opened;
  };
  expect(await code(db.put({ _id: 'a' }))).toBe('StorageFull');
  connection.transaction = transaction;
  await db.put({ _id: 'a' });
  expect(connections).toHaveLength(1);
});

it.each([
  ['by-sequence', 0],
  ['attach-store', 2],
])('opens anew a database whose store %s is gone, with what could be read', async (lost, kept) => {
  const name = `lost-${lost}`;
  const db = await openDatabase(name);
  const { rev } = await db.put({ _id: 'a', n: 1 });
  await db.put({ _id: 'a', _rev: rev, n: 2 });
  await db.put({ _id: 'b' });
  // A copy of it without the store, at the same version.
  const opening = indexedDB.open(indexedDbName(name));
  const old = await new Promise<IDBDatabase>((resolve) => {
    opening.onsuccess = () => resolve(opening.result);
  });
  const bodies = await new Promise<unknown[]>((resolve) => {
    const all = old.transaction('by-sequence').objectStore('by-sequence').getAll();
    all.onsuccess = () => resolve(all.result);
  });
  const stores = [...old.objectStoreNames].filter((store) => store !== lost);
  old.close();
  await db.destroy();
  const making = indexedDB.open(indexedDbName(name), 5);
  making.onupgradeneeded = () => {
    for (const store of stores) {
      const made = making.result.createObjectStore(
        store,
        store === 'by-sequence' ? { autoIncrement: true } : { keyPath: 'id' },
      );
      if (store === 'by-sequence') for (const body of bodies) made.add(body);
    }
  };
  await new Promise((resolve) => {
    making.onsuccess = resolve;
  });
  making.result.close();
  const anew = await openDatabase(name);
  expect((await anew.info()).doc_count).toBe(kept);
  if (kept) expect(await anew.get('a')).toMatchObject({ n: 2 });
  await anew.put({ _id: 'c' });
});
