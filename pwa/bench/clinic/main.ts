/**
 * What `./dev bench clinic` measures without the pages around it: the first load of a clinic, beside
 * PouchDB's own replication and beside raw writes to IndexedDB, and the recording of a dose. The
 * driver (tests/bench/clinic.py) opens this page and calls these functions.
 */
import http from 'pouchdb-adapter-http';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';
import { type ChildDoc, isChildId } from '../../src/case/document.ts';
import { mergeLeaves } from '../../src/case/leaves.ts';
import { createClock } from '../../src/clock/clock.ts';
import { ulid } from '../../src/ids/ulid.ts';
import { indexedDbName, openDatabase } from '../../src/storage/database.ts';
import { openFill } from '../../src/storage/fill.ts';
import { follow } from '../../src/storage/follow.ts';
import { createStore } from '../../src/storage/store.ts';
import { createOutbox } from '../../src/sync/outbox.ts';
import { createPuller } from '../../src/sync/pull.ts';
import { createServer } from '../../src/sync/server.ts';
import { createIndex } from '../../src/workspace/child-index.ts';
import { loadPinyin } from '../../src/workspace/pinyin.ts';
import { createRepository } from '../../src/workspace/repository.ts';

PouchDB.plugin(http).plugin(replication);

interface Timed {
  documents: number;
  ms: number;
}

const signal = new AbortController().signal;

async function login(name: string, password: string): Promise<void> {
  await createServer().json('/db/_session', { method: 'POST', body: { name, password } });
}

async function timed(work: () => Promise<number>): Promise<Timed> {
  const start = performance.now();
  const documents = await work();
  return { documents, ms: performance.now() - start };
}

/** The program's own first load, with the index and the outbox that it feeds. */
async function load(site: string): Promise<Timed> {
  const db = await openDatabase('bench-load');
  const store = createStore(db, null, await openFill(indexedDbName('bench-load')));
  const pinyin = await loadPinyin();
  const result = await timed(async () => {
    const outbox = createOutbox(store);
    await outbox.load();
    const index = createIndex(site, pinyin, null);
    const follower = follow(store, 0, (docs) => {
      for (const doc of docs) if (isChildId(doc._id)) index.put(doc as unknown as ChildDoc);
    });
    const puller = createPuller({
      store,
      server: createServer(),
      remote: `/db/site-${site}`,
      accepted: (filled) => outbox.received(filled),
    });
    await puller.run(signal);
    await follower.catchUp();
    await follower.close();
    return (await store.db.info()).doc_count;
  });
  await store.close();
  return result;
}

/** The same by `PouchDB.replicate`, as its manual shows it. */
async function replicate(site: string): Promise<Timed> {
  const local = await openDatabase('bench-replicate');
  const remote = new PouchDB(`${location.origin}/db/site-${site}`, { skip_setup: true });
  return timed(async () => {
    await PouchDB.replicate?.(remote, local);
    return (await local.info()).doc_count;
  });
}

/** The same documents into one object store, as fast as IndexedDB takes them. */
async function raw(site: string): Promise<Timed> {
  const opening = indexedDB.open('bench-raw', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('docs', { keyPath: '_id' });
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  return timed(async () => {
    let since: string | number = 0;
    let count = 0;
    for (;;) {
      const feed: { results: { doc: object }[]; last_seq: string | number } =
        await createServer().json(
          `/db/site-${site}/_changes?include_docs=true&limit=2000&since=${encodeURIComponent(since)}`,
        );
      if (feed.results.length === 0) return count;
      const transaction = db.transaction('docs', 'readwrite');
      for (const { doc } of feed.results) transaction.objectStore('docs').put(doc);
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      count += feed.results.length;
      since = feed.last_seq;
    }
  });
}

/** Milliseconds until each of `count` doses is on the disk and in the index. */
async function record(site: string, count: number): Promise<number[]> {
  const store = createStore(await openDatabase('bench-load'));
  const index = createIndex(site, await loadPinyin(), null);
  const follower = follow(store, 0, async (docs) => {
    for (const doc of docs) {
      if (isChildId(doc._id)) index.put(await mergeLeaves(store.db, doc as unknown as ChildDoc));
    }
  });
  await follower.catchUp();
  const kept = new Map<string, string>();
  const clock = createClock({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  });
  const repository = createRepository({
    store,
    clock,
    ulid,
    author: { by: 'bench', station: ulid(), site, app: 'bench' },
    senior: () => false,
    holder: { card: index.byCard, idNumber: index.byIdNumber },
    numbered: (_, work) => work(null),
    seen: follower.catchUp,
  });
  const rows = index.rows().filter((row) => row.birthDate !== null);
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const row = rows[Math.floor((n * rows.length) / count)];
    if (!row) break;
    const start = performance.now();
    await repository.addEvent(row.id, {
      kind: 'dose',
      date: clock.today(),
      vaccine: '0201',
      origin: 'given',
      lot: 'BENCH',
      expiry: `${Number(clock.today().slice(0, 4)) + 2}-12-31`,
      maker: 'bench',
    });
    times.push(performance.now() - start);
  }
  await follower.close();
  await store.close();
  return times;
}

declare global {
  interface Window {
    bench: typeof bench;
  }
}

const bench = { login, load, replicate, raw, record };
window.bench = bench;
