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
import { ulid } from '../ids/ulid.ts';
import type { Dictionary } from '../models/generated.ts';
import { indexedDbName, openDatabase } from '../storage/database.ts';
import { Fault } from '../storage/fault.ts';
import { openFill } from '../storage/fill.ts';
import { follow } from '../storage/follow.ts';
import {
  checkStorage,
  isLost,
  noteFault,
  noteWritten,
  readLoss,
  readMarker,
  setHealth,
  writeLoss,
  writeMarker,
} from '../storage/health.ts';
import { createMirror, type Mirror, readSmall } from '../storage/mirror.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createServer, onSilence } from '../sync/server.ts';
import { INITIAL_STATUS, type SyncStatus } from '../sync/types.ts';
import { createAtHand } from './at-hand.ts';
import { type ChildIndex, createIndex } from './child-index.ts';
import { type Clinic, createClinic } from './clinic.ts';
import { createGrouping } from './grouping.ts';
import { loadPinyin } from './pinyin.ts';
import { openSnapshots } from './snapshot.ts';
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

/** Opens a clinic's workspace for a user and starts its sync. */
export async function openWorkspace(user: User, hooks: SessionHooks): Promise<Workspace> {
  if (user.site === null) throw new Fault('NotOpen');
  const { site } = user;
  const name = `miaopu-site-${site}`;
  const clock = deviceClock();
  const keep = localStorage;
  const station = stationOf(keep);
  const server = createServer();

  const [catalogLocal, db, pinyin] = await Promise.all([
    openCatalog(),
    openDatabase(name, noteStorage),
    loadPinyin(),
  ]);
  const store = createStore(db, channelOf(name), await openFill(indexedDbName(name)));
  store.onFault(noteFault);
  store.onChange(noteWritten);

  const { doc_count } = await db.info();
  const marker = readMarker(keep, name);
  if (marker && isLost(marker, doc_count)) {
    writeLoss(keep, name, { ...marker, at: clock.instant(), reported: false });
    // What is here is compared with the server from the beginning, so that nothing is missed.
    await store.setLocal('pull', { since: 0, done: 0, complete: false });
  }
  const loss = readLoss(keep, name);
  setHealth({ lost: loss });

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
  const documents = createMirror((id) => !isChildId(id) && !id.startsWith('_'));
  documents.take(await readSmall(db));

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

  let saving: ReturnType<typeof setTimeout> | undefined;
  let saved: Promise<void> = Promise.resolve();
  const write = async () => {
    if (!snapshots) return;
    const covered = follower.covered();
    const count = index.size();
    const chunks = index.changedChunks();
    if (chunks.size === 0) return;
    try {
      await snapshots.save(covered, count, chunks);
    } catch (error) {
      // Costs time at the next start, and nothing else.
      index.keepChanged(chunks.keys());
      console.warn('index snapshot not written', error);
    }
  };
  /** One after the other: an older state must not be written over a newer. */
  const save = () => {
    clearTimeout(saving);
    saving = undefined;
    saved = saved.then(write);
    return saved;
  };
  index.onChange(() => {
    childrenVersion.value++;
    saving ??= setTimeout(() => void save(), SAVE_AFTER_MS);
  });
  documents.onChange(() => {
    documentsVersion.value++;
  });
  const onHide = () => {
    if (document.visibilityState === 'hidden') void save();
  };
  document.addEventListener('visibilitychange', onHide);

  const clinic = createClinic({
    store,
    catalog: catalogLocal,
    server,
    clock,
    ulid,
    index,
    members: grouping.members,
    documents,
    catchUp: follower.catchUp,
    site,
    account: user.name,
    senior: hooks.senior,
    routes: catalogRoutes,
    station: station.id,
    stationName: () => stationOf(keep).name,
    app: __APP_VERSION__,
    session: hooks,
    changed: (status) => {
      syncStatus.value = status;
      writeSoon();
    },
    reported: () => writeMark(),
    channel: channelOf(`${name}-sync`),
    locks: navigator.locks ?? null,
  });
  const { engine } = clinic;
  if (loss && !loss.reported) {
    const { documents: had, pending: unsent } = loss;
    await store.put({
      _id: `problem:${ulid()}`,
      type: 'problem',
      document: `device:${station.id}`,
      revision: '0',
      reason: `The browser has lost this device's data: ${had} documents, ${unsent} unsent writes.`,
      ...clinic.provenance(),
    });
    writeLoss(keep, name, { ...loss, reported: true });
  }

  const writeMark = async () => {
    const info = await db.info();
    writeMarker(keep, name, {
      documents: info.doc_count,
      pending: syncStatus.value.pending.length,
    });
  };
  let marking: ReturnType<typeof setTimeout> | undefined;
  const writeSoon = () => {
    marking ??= setTimeout(() => {
      marking = undefined;
      writeMark().catch(store.report);
    }, 2000);
  };
  const onOnline = () => void engine.syncNow();
  // A green sign must not outlive the network: a round finds out at once.
  const stopSilence = onSilence(() => {
    if (syncStatus.value.phase === 'idle') onOnline();
  });
  const onVisible = () => {
    const { phase, lastHeard } = syncStatus.value;
    // A tablet that slept believes to be listening and is not.
    const deaf = lastHeard !== null && Date.now() - Date.parse(lastHeard) > DEAF_MS;
    if (document.visibilityState === 'visible' && (phase !== 'idle' || deaf)) onOnline();
  };
  addEventListener('online', onOnline);
  addEventListener('offline', onOnline);
  document.addEventListener('visibilitychange', onVisible);
  // The reserve is made when the first child has long been shown.
  const look = setTimeout(() => void checkStorage(), CHECK_AFTER_MS);
  const looking = setInterval(() => void checkStorage(), CHECK_EVERY_MS);

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
    noteLoss() {
      writeLoss(keep, name, null);
      setHealth({ lost: null });
    },
    async close() {
      removeEventListener('online', onOnline);
      removeEventListener('offline', onOnline);
      stopSilence();
      document.removeEventListener('visibilitychange', onVisible);
      document.removeEventListener('visibilitychange', onHide);
      clearTimeout(marking);
      clearTimeout(look);
      clearInterval(looking);
      workspace.value = null;
      await engine.stop();
      await follower.close();
      await save();
      snapshots?.close();
      await store.close();
      syncStatus.value = INITIAL_STATUS;
    },
  };
  workspace.value = made;
  triggerRef(childrenVersion);
  documentsVersion.value++;
  engine.start();
  return made;
}
