// @vitest-environment happy-dom
import 'fake-indexeddb/auto';
import type PouchDB from 'pouchdb-core';
import { describe, expect, it } from 'vitest';
import { memoryDatabase } from '../../testing/model-server.ts';
import type { ChildDoc } from '../case/document.ts';
import { createIndex } from '../workspace/child-index.ts';
import { openSnapshots } from '../workspace/snapshot.ts';
import { storageFault } from './fault.ts';
import { follow } from './follow.ts';
import { isLost, readLoss, readMarker, writeLoss, writeMarker } from './health.ts';
import { createMirror, readRanges } from './mirror.ts';
import { createStore } from './store.ts';

describe('following', () => {
  it('sees every document of this tab, of another and of the server, in whatever way it came', async () => {
    const db = memoryDatabase();
    const [mine, other] = [createStore(db), createStore(db)];
    const seen = new Map<string, string>();
    const follower = follow(mine, 0, (docs) => {
      for (const doc of docs) seen.set(doc._id, doc._rev as string);
    });
    await mine.put({ _id: 'a' });
    await mine.accept([{ _id: 'b', _rev: '1-b' }], true);
    await mine.accept([{ _id: 'c', _rev: '2-c' }], true);
    // No signal comes from the other tab: the next look finds it all the same.
    await other.put({ _id: 'd' });
    await follower.catchUp();
    expect([...seen.keys()].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(follower.covered()).toBe(await mine.sequence());
    await follower.close();
  });

  it('keeps its own notes although other tabs write them at the same time', async () => {
    const db = memoryDatabase();
    const tabs = Array.from({ length: 6 }, () => createStore(db));
    await Promise.all(tabs.map((tab, since) => tab.setLocal('pull', { since })));
    expect(await createStore(db).local('pull', { since: -1 })).toMatchObject({
      since: expect.any(Number),
    });
  });

  it('tells other tabs by the channel', async () => {
    const db = memoryDatabase();
    const name = 'store-test';
    const mine = createStore(db, new BroadcastChannel(name));
    const other = createStore(db, new BroadcastChannel(name));
    const heard = new Promise<void>((resolve) => other.onChange(() => resolve()));
    await mine.put({ _id: 'a' });
    await heard;
    await Promise.all([mine.close(), other.close().catch(() => {})]);
  });
});

describe('local documents', () => {
  it('are written over, also when another tab was there in between', async () => {
    const db = memoryDatabase();
    const [a, b] = [createStore(db), createStore(db)];
    expect(await a.local('x', { n: 0 })).toEqual({ n: 0 });
    await a.setLocal('x', { n: 1 });
    await b.setLocal('x', { n: 2 });
    await a.setLocal('x', { n: 3 });
    expect(await b.local('x', { n: 0 })).toEqual({ n: 3 });
    expect(await a.sequence()).toBe(0);
  });
});

describe('the mirror', () => {
  it('holds what is not a child, and forgets what was deleted', async () => {
    const db = memoryDatabase();
    for (const _id of ['child:1', 'device:1', 'reading:1', 'settings:1', 'stock:2', 'stock:1'])
      await db.put({ _id });
    const mirror = createMirror((id) => !id.startsWith('child:'));
    mirror.take(await readRanges(db, ['device:', 'settings:', 'stock:']));
    expect(mirror.all('').map(({ _id }) => _id)).toEqual([
      'device:1',
      'settings:1',
      'stock:1',
      'stock:2',
    ]);
    expect(mirror.all('stock:')).toHaveLength(2);
    mirror.take([{ _id: 'stock:1', _deleted: true } as PouchDB.Doc]);
    expect(mirror.get('stock:1')).toBeNull();
  });
});

describe('the snapshot', () => {
  const child = (n: number) =>
    ({ _id: `child:${n}`, _rev: '1-a', type: 'child', facts: {}, events: {} }) as ChildDoc;

  it('brings the index back as it was, chunk by chunk', async () => {
    const index = createIndex('1', () => [], null);
    for (let n = 0; n < 4500; n++) index.put(child(n));
    const snapshots = await openSnapshots('snapshot-test');
    expect(await snapshots.load()).toBeNull();
    await snapshots.save(7, index.size(), index.changedChunks());
    index.put(child(4500));
    const chunks = index.changedChunks();
    expect([...chunks.keys()]).toEqual([2]);
    await snapshots.save(8, index.size(), chunks);
    const loaded = await snapshots.load();
    expect(loaded?.covered).toBe(8);
    expect(loaded?.rows).toHaveLength(4501);
    await snapshots.clear();
    expect(await snapshots.load()).toBeNull();
    snapshots.close();
  });

  it('is not believed when a chunk is missing', async () => {
    const index = createIndex('1', () => [], null);
    for (let n = 0; n < 2001; n++) index.put(child(n));
    const snapshots = await openSnapshots('snapshot-half');
    const chunks = index.changedChunks();
    chunks.delete(0);
    await snapshots.save(7, index.size(), chunks);
    expect(await snapshots.load()).toBeNull();
    snapshots.close();
  });
});

describe('faults and losses', () => {
  it.each([
    [{ name: 'QuotaExceededError' }, 'StorageFull'],
    [{ status: 500, reason: 'QuotaExceededError' }, 'StorageFull'],
    [{ name: 'UnknownError', message: 'Internal error opening backing store' }, 'StorageDamaged'],
    [null, 'StorageDamaged'],
  ])('%j is %s', (error, code) => expect(storageFault(error).code).toBe(code));

  it('notices documents that were here and are gone', () => {
    const kept = new Map<string, string>();
    const keep = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    expect(isLost(readMarker(keep, 'db'), 0)).toBe(false);
    writeMarker(keep, 'db', { documents: 1000, pending: 3 });
    const marker = readMarker(keep, 'db');
    expect(marker).toEqual({ documents: 1000, pending: 3 });
    expect(isLost(marker, 1000)).toBe(false);
    expect(isLost(marker, 990)).toBe(false);
    expect(isLost(marker, 0)).toBe(true);
    expect(isLost(marker, 500)).toBe(true);
    // It is said at every start, until a person has taken note.
    expect(readLoss(keep, 'db')).toBeNull();
    const loss = { documents: 1000, pending: 3, at: '2026-11-23T02:00:00.000Z', reported: false };
    writeLoss(keep, 'db', loss);
    writeMarker(keep, 'db', { documents: 0, pending: 0 });
    expect(readLoss(keep, 'db')).toEqual(loss);
    writeLoss(keep, 'db', null);
    expect(readLoss(keep, 'db')).toBeNull();
  });
});
