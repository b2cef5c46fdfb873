/**
 * Everything that belongs to one clinic on this device, put together: its database, the children in
 * memory, what records, and what syncs. Opened at login, closed at logout.
 */
import type PouchDB from 'pouchdb-core';
import { shallowRef, triggerRef } from 'vue';
import { type ChildDoc, isChildId } from '../case/document.ts';
import { mergeLeaves } from '../case/leaves.ts';
import { routesOf } from '../case/rules/dictionary.ts';
import { deviceClock } from '../clock/useClock.ts';
import { clinic as clinicPlace, databaseOf } from '../ids/place.ts';
import { createUlid } from '../ids/ulid.ts';
import type { Dictionary } from '../models/generated.ts';
import { indexedDbName, openDatabase } from '../storage/database.ts';
import { Fault } from '../storage/fault.ts';
import { openFill } from '../storage/fill.ts';
import { follow } from '../storage/follow.ts';
import {
  checkStorage,
  isLost,
  type Loss,
  noteFault,
  noteWritten,
  readLoss,
  readMarker,
  setHealth,
  writeLoss,
  writeMarker,
} from '../storage/health.ts';
import type { Keep } from '../storage/keep.ts';
import { createMirror, type Mirror, readRanges } from '../storage/mirror.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createServer, onSilence } from '../sync/server.ts';
import { INITIAL_STATUS, type SyncStatus } from '../sync/types.ts';
import { createAtHand } from './at-hand.ts';
import { type ChildIndex, createIndex } from './child-index.ts';
import { type Clinic, createClinic, type Provenance } from './clinic.ts';
import { createGrouping } from './grouping.ts';
import { isMirrored, MIRRORED } from './mirrored.ts';
import { loadPinyin, type Pinyin } from './pinyin.ts';
import { openSnapshots, type SnapshotStore } from './snapshot.ts';
import { stationOf } from './station.ts';
import type { User } from './user.ts';

export interface Workspace extends Clinic {
  user: User;
  site: string;
  station: string;
  store: Store;
  index: ChildIndex;
  /** The clinic's small documents. */
  documents: Mirror;
  /** The cases that are one child with this one, itself among them. */
  members(id: string): readonly string[];
  /** The child that a case belongs to, read whole. */
  get(id: string): Promise<ChildDoc | null>;
  /** What `get` has read last of a child, while the index knows nothing newer. */
  atHand(id: string): ChildDoc | null;
  /** Children by the ids of their rows, read whole; absent ones are left out. */
  readAll(ids: readonly string[]): Promise<ChildDoc[]>;
  /** A person has taken note that the browser had lost data. */
  noteLoss(): void;
  /** Resolves when memory has seen all that was written before the call. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

const SAVE_AFTER_MS = 10_000;
/** Whoever listens hears the server more often than this. */
const DEAF_MS = 60_000;

/** When the device's room is looked at. */
const CHECK_AFTER_MS = 20_000;
const CHECK_EVERY_MS = 10 * 60_000;

/** The open workspace; its identity stays while its contents change. */
export const workspace = shallowRef<Workspace | null>(null);
/** Raised when the children or the small documents change: what computed values depend on. */
export const childrenVersion = shallowRef(0);
export const documentsVersion = shallowRef(0);
export const catalogVersion = shallowRef(0);
/** What is recorded goes into a database for practice (练习模式). */
export const practising = shallowRef(false);
export const syncStatus = shallowRef<SyncStatus>(INITIAL_STATUS);

/** The open workspace; throws `NotOpen` when nobody of a clinic is logged in. */
export function opened(): Workspace {
  if (!workspace.value) throw new Fault('NotOpen');
  return workspace.value;
}

const channelOf = (name: string) =>
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);

/** What a database meets on its way: a fault, or that it works again. */
const noteStorage = (fault: Fault | null) => (fault ? noteFault(fault) : noteWritten());

/** The catalog is one for all clinics of a device, and stays open. */
export const catalogMirror: Mirror = createMirror(() => true);
let catalogStore: Promise<Store> | null = null;

/** The vaccines of the catalog, each with its route; undefined while it is not here. */
export const catalogRoutes = () =>
  routesOf(catalogMirror.get<Dictionary>('dictionary:vaccine')?.entries);

/** Opens the catalog's local copy, once. */
export function openCatalog(): Promise<Store> {
  catalogStore ??= readCatalog().catch((error: unknown) => {
    catalogStore = null;
    throw error;
  });
  return catalogStore;
}

async function readCatalog(): Promise<Store> {
  const db = await openDatabase('miaopu-catalog', noteStorage);
  const store = createStore(db, channelOf('miaopu-catalog'));
  store.onFault(noteFault);
  const since = await store.sequence();
  catalogMirror.take(
    (await db.allDocs({ include_docs: true })).rows.flatMap(({ doc }) => (doc ? [doc] : [])),
  );
  await follow(store, since, (docs) => catalogMirror.take(docs)).catchUp();
  catalogMirror.onChange(() => {
    catalogVersion.value++;
  });
  catalogVersion.value++;
  return store;
}

export interface SessionHooks {
  /** Is whoever is logged in 高级用户 or above? */
  senior(): boolean;
  contact(signal: AbortSignal): Promise<void>;
  confirmed(roles: string[]): void;
  lost(): void;
}

/** Ids of the time that the clock tells, put right. */
const ulid = createUlid(() => deviceClock().now());

/** The clinic's children and small documents in memory, kept so by whatever changes in its database. */
async function openMemory(name: string, site: string, store: Store, pinyin: Pinyin) {
  const { db } = store;
  const snapshots = await openSnapshots(`${name}-index`).catch((error: unknown) => {
    console.warn('the index is built anew at each start', error);
    return null;
  });
  const sequence = await store.sequence();
  const loaded = (await snapshots?.load()) ?? null;
  const snapshot = loaded && loaded.covered <= sequence ? loaded : null;
  if (!snapshot) await snapshots?.clear();
  const index = createIndex(site, pinyin, snapshot);
  const grouping = createGrouping(db, index);
  const documents = createMirror(isMirrored);
  documents.take(await readRanges(db, MIRRORED));

  const take = async (docs: PouchDB.Doc[]) => {
    for (const doc of docs) {
      if (!isChildId(doc._id)) continue;
      if (doc._deleted) await grouping.remove(doc._id);
      else await grouping.take(await mergeLeaves(db, doc as unknown as ChildDoc));
    }
    documents.take(docs);
  };
  const follower = follow(store, snapshot?.covered ?? 0, take);
  await follower.catchUp();
  const saver = createSaver(snapshots, index, follower.covered);
  index.onChange(() => {
    childrenVersion.value++;
    saver.soon();
  });
  documents.onChange(() => {
    documentsVersion.value++;
  });
  return { index, grouping, documents, follower, saver };
}

/** Keeps the index's snapshot, so that the next start need not read every child. */
function createSaver(
  snapshots: SnapshotStore | null,
  index: Pick<ChildIndex, 'changedChunks' | 'keepChanged' | 'size'>,
  covered: () => number,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saved: Promise<void> = Promise.resolve();
  const write = async () => {
    if (!snapshots) return;
    const [until, count, chunks] = [covered(), index.size(), index.changedChunks()];
    if (chunks.size === 0) return;
    try {
      await snapshots.save(until, count, chunks);
    } catch (error) {
      // Costs time at the next start, and nothing else.
      index.keepChanged(chunks.keys());
      console.warn('index snapshot not written', error);
    }
  };
  /** One after the other: an older state must not be written over a newer. */
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    saved = saved.then(write);
    return saved;
  };
  return {
    now,
    soon() {
      timer ??= setTimeout(() => void now(), SAVE_AFTER_MS);
    },
    async close() {
      await now();
      snapshots?.close();
    },
  };
}

/** Notes when the browser has lost documents, and what was here when it last had not. */
function createWatch(name: string, store: Store, keep: Keep) {
  const mark = async () => {
    const { doc_count } = await store.db.info();
    writeMarker(keep, name, { documents: doc_count, pending: syncStatus.value.pending.length });
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    /** What is lost now, if anything. */
    async look(at: string): Promise<Loss | null> {
      const { doc_count } = await store.db.info();
      const marker = readMarker(keep, name);
      if (marker && isLost(marker, doc_count)) {
        writeLoss(keep, name, { ...marker, at, reported: false });
        // What is here is compared with the server from the beginning, so that nothing is missed.
        await store.setLocal('pull', { since: 0, done: 0, complete: false });
      }
      const loss = readLoss(keep, name);
      setHealth({ lost: loss });
      return loss;
    },
    /** Reports a loss to the county, once. */
    async report(loss: Loss, station: string, provenance: Provenance): Promise<void> {
      const { documents: had, pending: unsent } = loss;
      await store.put({
        _id: `problem:${ulid()}`,
        type: 'problem',
        document: `device:${station}`,
        revision: '0',
        reason: `The browser has lost this device's data: ${had} documents, ${unsent} unsent writes.`,
        ...provenance,
      });
      writeLoss(keep, name, { ...loss, reported: true });
    },
    /** A person has taken note. */
    noted() {
      writeLoss(keep, name, null);
      setHealth({ lost: null });
    },
    mark,
    markSoon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        mark().catch(store.report);
      }, 2000);
    },
    close: () => clearTimeout(timer),
  };
}

/** Wakes the sync when the browser says that something has changed; returns how to stop that. */
function watchBrowser(syncNow: () => void, hidden: () => void): () => void {
  // A green sign must not outlive the network: a round finds out at once.
  const stopSilence = onSilence(() => {
    if (syncStatus.value.phase === 'idle') syncNow();
  });
  const onVisibility = () => {
    if (document.visibilityState === 'hidden') return hidden();
    const { phase, lastHeard } = syncStatus.value;
    // A tablet that slept believes to be listening and is not.
    const deaf = lastHeard !== null && deviceClock().now() - Date.parse(lastHeard) > DEAF_MS;
    if (phase !== 'idle' || deaf) syncNow();
  };
  addEventListener('online', syncNow);
  addEventListener('offline', syncNow);
  document.addEventListener('visibilitychange', onVisibility);
  // The reserve is made when the first child has long been shown.
  const look = setTimeout(() => void checkStorage(), CHECK_AFTER_MS);
  const looking = setInterval(() => void checkStorage(), CHECK_EVERY_MS);
  return () => {
    stopSilence();
    removeEventListener('online', syncNow);
    removeEventListener('offline', syncNow);
    document.removeEventListener('visibilitychange', onVisibility);
    clearTimeout(look);
    clearInterval(looking);
  };
}

/** Nothing of a database for practice outlives it. */
function forgetful(): Keep {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
}

/** Takes a database for practice away with all that is in it, also one that was left open. */
function dropPractice(site: string): void {
  const name = practiceName(site);
  for (const one of [indexedDbName(name), `${name}-index`]) indexedDB.deleteDatabase(one);
}

const practiceName = (site: string) => `miaopu-practice-${site}`;

/**
 * Opens a clinic's workspace for a user and starts its sync. For `practice` (练习模式) it is an empty
 * one that syncs with nobody, and is gone once it is closed.
 */
export async function openWorkspace(
  user: User,
  hooks: SessionHooks,
  practice = false,
): Promise<Workspace> {
  if (user.site === null) throw new Fault('NotOpen');
  const { site } = user;
  dropPractice(site);
  const name = practice ? practiceName(site) : `miaopu-${databaseOf(clinicPlace(site))}`;
  const clock = deviceClock();
  const station = stationOf(localStorage);

  const [catalog, db, pinyin] = await Promise.all([
    openCatalog(),
    openDatabase(name, noteStorage),
    loadPinyin(),
  ]);
  const store = createStore(db, channelOf(name), await openFill(indexedDbName(name)));
  store.onFault(noteFault);
  store.onChange(noteWritten);
  const watch = createWatch(name, store, practice ? forgetful() : localStorage);
  const loss = await watch.look(clock.instant());
  const { index, grouping, documents, follower, saver } = await openMemory(
    name,
    site,
    store,
    pinyin,
  );

  const clinic = createClinic({
    ...{ store, catalog, clock, ulid, index, documents, site },
    server: createServer(),
    members: grouping.members,
    catchUp: follower.catchUp,
    account: user.name,
    senior: hooks.senior,
    routes: catalogRoutes,
    station: station.id,
    stationName: () => stationOf(localStorage).name,
    app: __APP_VERSION__,
    session: hooks,
    changed: (status) => {
      syncStatus.value = status;
      watch.markSoon();
    },
    reported: watch.mark,
    channel: channelOf(`${name}-sync`),
    locks: navigator.locks ?? null,
  });
  const { engine } = clinic;
  if (loss && !loss.reported) await watch.report(loss, station.id, clinic.provenance());
  const unwatch = practice
    ? () => {}
    : watchBrowser(
        () => void engine.syncNow(),
        () => void saver.now(),
      );

  const made: Workspace = {
    user,
    site,
    station: station.id,
    store,
    index,
    documents,
    ...clinic,
    members: grouping.members,
    ...createAtHand(grouping.read, index),
    readAll: grouping.readAll,
    catchUp: follower.catchUp,
    noteLoss: watch.noted,
    async close() {
      unwatch();
      watch.close();
      workspace.value = null;
      await engine.stop();
      await follower.close();
      await saver.close();
      await store.close();
      syncStatus.value = INITIAL_STATUS;
      practising.value = false;
      if (practice) dropPractice(site);
    },
  };
  workspace.value = made;
  triggerRef(childrenVersion);
  documentsVersion.value++;
  practising.value = practice;
  // Nothing is to come from anywhere: what is here is all.
  if (practice) syncStatus.value = { ...INITIAL_STATUS, complete: true };
  else engine.start();
  return made;
}
