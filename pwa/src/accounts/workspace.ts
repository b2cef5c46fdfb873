/**
 * Everything that belongs to one clinic on this device, put together: its database, the children in
 * memory, what records, and what syncs. Opened at login, closed at logout.
 */
import type PouchDB from 'pouchdb-core';
import { shallowRef, triggerRef } from 'vue';
import { type ChildIndex, createIndex } from '../children/child-index.ts';
import { type ChildDoc, isChildId } from '../children/document.ts';
import { mergeLeaves, readChild } from '../children/leaves.ts';
import { createNumbers, type Numbers } from '../children/numbers.ts';
import { loadPinyin } from '../children/pinyin.ts';
import { createRepository, type Repository } from '../children/repository.ts';
import { lotKey } from '../children/row.ts';
import { openSnapshots } from '../children/snapshot.ts';
import { deviceClock } from '../clock/useClock.ts';
import { ulid } from '../ids/ulid.ts';
import type { NumberBlock, Problem, StockMove } from '../models/generated.ts';
import { lotsOf } from '../stock/lots.ts';
import { indexedDbName, openDatabase } from '../storage/database.ts';
import { Fault } from '../storage/fault.ts';
import { openFill } from '../storage/fill.ts';
import { follow } from '../storage/follow.ts';
import {
  checkStorage,
  isLost,
  noteFault,
  readMarker,
  setHealth,
  writeMarker,
} from '../storage/health.ts';
import { createMirror, type Mirror, readSmall } from '../storage/mirror.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createEngine, type Engine } from '../sync/engine.ts';
import { createOutbox } from '../sync/outbox.ts';
import { createServer, SyncFault } from '../sync/server.ts';
import { INITIAL_STATUS, type SyncStatus } from '../sync/types.ts';
import { stationOf } from './station.ts';
import type { User } from './user.ts';

export interface Workspace {
  user: User;
  site: string;
  station: string;
  store: Store;
  index: ChildIndex;
  /** The clinic's small documents. */
  documents: Mirror;
  repository: Repository;
  numbers: Numbers;
  engine: Engine;
  get(id: string): Promise<ChildDoc | null>;
  /** Resolves when memory has seen all that was written before the call. */
  catchUp(): Promise<void>;
  /** Provenance of something recorded now. */
  provenance(): Pick<StockMove, 'at' | 'by' | 'station' | 'site' | 'offset_ms' | 'app'>;
  close(): Promise<void>;
}

const SAVE_AFTER_MS = 10_000;

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

/** The catalog is one for all clinics of a device, and stays open. */
export const catalogMirror: Mirror = createMirror(() => true);
let catalogStore: Promise<Store> | null = null;

/** Opens the catalog's local copy, once. */
export function openCatalog(): Promise<Store> {
  catalogStore ??= readCatalog().catch((error: unknown) => {
    catalogStore = null;
    throw error;
  });
  return catalogStore;
}

async function readCatalog(): Promise<Store> {
  const db = await openDatabase('miaopu-catalog');
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
    openDatabase(name),
    loadPinyin(),
  ]);
  const store = createStore(db, channelOf(name), await openFill(indexedDbName(name)));
  store.onFault(noteFault);

  const { doc_count } = await db.info();
  const marker = readMarker(keep, name);
  if (isLost(marker, doc_count)) {
    setHealth({ state: 'lost', lost: marker });
    // What is here is compared with the server from the beginning, so that nothing is missed.
    await store.setLocal('pull', { since: 0, done: 0, complete: false });
  }

  const snapshots = await openSnapshots(`${name}-index`).catch((error: unknown) => {
    console.warn('the index is built anew at each start', error);
    return null;
  });
  const sequence = await store.sequence();
  const loaded = (await snapshots?.load()) ?? null;
  const snapshot = loaded && loaded.covered <= sequence ? loaded : null;
  if (!snapshot) await snapshots?.clear();
  const index = createIndex(site, pinyin, snapshot);
  const documents = createMirror((id) => !isChildId(id) && !id.startsWith('_'));
  documents.take(await readSmall(db));

  const take = async (docs: PouchDB.Doc[]) => {
    for (const doc of docs) {
      if (!isChildId(doc._id)) continue;
      if (doc._deleted) index.remove(doc._id);
      else index.put(await mergeLeaves(db, doc as unknown as ChildDoc));
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

  const provenance = () => ({
    at: clock.instant(),
    by: user.name,
    station: station.id,
    site,
    offset_ms: clock.offset(),
    app: __APP_VERSION__,
  });

  let engine: Engine;
  const numbers = createNumbers({
    site,
    station: station.id,
    server,
    blocks: (year) =>
      documents.all<NumberBlock>(`numbers:${site}:${String(year).padStart(4, '0')}:`),
    used: (code) => index.byCode(code) !== null,
    provenance,
    fetch: async (id, signal) => {
      await engine.puller.fetch([id], signal);
      await follower.catchUp();
    },
    catchUp: follower.catchUp,
    lock: async (work) =>
      navigator.locks ? await navigator.locks.request(`miaopu-numbers-${site}`, work) : work(),
  });
  const balance = (vaccine: string, lot: string) => {
    const moves = documents.all<StockMove>('stock:').filter((move) => move.lot === lot);
    const found = lotsOf(moves, (v, l) => index.given(lotKey(v, l)), clock.today(), vaccine)[0];
    return found ? found.balance : null;
  };
  const repository = createRepository({
    store,
    clock,
    ulid,
    author: { by: user.name, station: station.id, site, app: __APP_VERSION__ },
    holder: { card: index.byCard, idNumber: index.byIdNumber },
    numbered: numbers.next,
    balance,
    seen: follower.catchUp,
  });

  const outbox = createOutbox(store);
  const deviceId = `device:${station.id}`;
  engine = createEngine({
    store,
    catalog: catalogLocal,
    outbox,
    server,
    clock,
    site,
    ulid,
    session: { name: user.name, ...hooks },
    childName: (id) => index.row(id)?.name ?? null,
    channel: channelOf(`${name}-sync`),
    locks: navigator.locks ?? null,
    changed: (status) => {
      syncStatus.value = status;
      writeSoon();
    },
    async report(refused, mended) {
      for (const { id, rev, reason, problem, at } of refused) {
        // A report that is refused itself is shown here and not reported on.
        if (id.startsWith('problem:')) continue;
        const _id = `problem:${problem}`;
        const known = documents.get<Problem>(_id);
        const resolved = mended.some((leaf) => leaf.id === id && leaf.rev === rev);
        if (known && (!resolved || known.resolved_at)) continue;
        await store.put({
          ...(known ?? {
            _id,
            type: 'problem',
            document: id,
            revision: rev,
            reason: reason.slice(0, 2000),
            ...provenance(),
            at,
          }),
          ...(resolved && { resolved_at: clock.instant() }),
        });
      }
      await follower.catchUp();
    },
    async heartbeat({ syncedAt, pending, refused }, signal) {
      const path = `/db/site-${site}/${encodeURIComponent(deviceId)}`;
      const write = async () => {
        const _rev = documents.get(deviceId)?._rev;
        await server.json(path, {
          method: 'PUT',
          signal,
          body: {
            _id: deviceId,
            ...(_rev && { _rev }),
            type: 'device',
            site,
            name: stationOf(keep).name,
            app: __APP_VERSION__,
            synced_at: syncedAt,
            pending,
            refused,
            offset_ms: clock.offset() ?? 0,
          },
        });
      };
      const bring = async () => {
        await engine.puller.fetch([deviceId], signal);
        await follower.catchUp();
      };
      try {
        await write();
      } catch (error) {
        if (!(error instanceof SyncFault) || error.status !== 409) throw error;
        await bring();
        await write();
      }
      await bring();
      await writeMark();
    },
    async chores(signal) {
      const year = Number(clock.today().slice(0, 4));
      const wanting = index
        .rows()
        .filter((row) => row.code === null && row.site === site && row.birthDate !== null);
      const years = wanting.map((row) => Number((row.birthDate as string).slice(0, 4)));
      await numbers.reserve([year, year - 1, ...years], signal);
      // Children who were registered while this device held no number.
      for (const { id, birthDate } of wanting) {
        await numbers.next(Number((birthDate as string).slice(0, 4)), async (code) => {
          const child = await readChild(db, id);
          if (code && child && !child.facts.child_code?.value) {
            await repository.setFacts(id, { child_code: code });
          }
        });
      }
    },
  });

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
  const onVisible = () => {
    if (document.visibilityState === 'visible' && syncStatus.value.phase !== 'idle') onOnline();
  };
  addEventListener('online', onOnline);
  document.addEventListener('visibilitychange', onVisible);
  void checkStorage();

  const made: Workspace = {
    user,
    site,
    station: station.id,
    store,
    index,
    documents,
    repository,
    numbers,
    engine,
    get: (id) => readChild(db, id),
    catchUp: follower.catchUp,
    provenance,
    async close() {
      removeEventListener('online', onOnline);
      document.removeEventListener('visibilitychange', onVisible);
      document.removeEventListener('visibilitychange', onHide);
      clearTimeout(marking);
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
