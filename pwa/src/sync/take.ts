/**
 * What came from the server is taken into the local database (收取): new documents as they are, others
 * with their histories, so that they join the tree that is here.
 */
import type PouchDB from 'pouchdb-core';
import { isOf, revisionOf, tombstoneOf } from '../case/computed.ts';
import type { Filled, Store } from '../storage/store.ts';
import { type FeedRow, listOf, type Remote } from './feed.ts';

export interface Wanted {
  id: string;
  rev: string;
}

const BULK_GET = 200;
/** From so many ids on it pays to know all ids of the local database. */
const MANY = 500;

export interface Writer {
  /** Which of these ids this database has never seen. */
  unknownOf(ids: readonly string[]): Promise<Set<string>>;
  /** Revisions of the server, as they are. `unknown`: no document of these ids was here before. */
  write(docs: PouchDB.Doc[], unknown: boolean): Promise<void>;
  /** Whoever takes many was done: all ids need not be known any more. */
  forget(): void;
}

export function createWriter(
  store: Store,
  accepted: ((filled: Filled) => void | Promise<void>) | undefined,
): Writer {
  const { db } = store;
  /** All ids of the local database, up to a local sequence; kept for large pulls. */
  let known: { ids: Set<string>; sequence: number } | null = null;

  return {
    async unknownOf(ids) {
      if (ids.length < MANY) {
        const { rows } = await db.allDocs({ keys: [...ids] });
        return new Set(rows.filter((row) => row.error === 'not_found').map((row) => row.key));
      }
      known ??= { ids: new Set(), sequence: 0 };
      // What other tabs, the nurse and this pull itself have written since.
      const { results, last_seq } = await db.changes({ since: known.sequence });
      for (const { id } of results) known.ids.add(id);
      known.sequence = Number(last_seq);
      const { ids: seen } = known;
      return new Set(ids.filter((id) => !seen.has(id)));
    },

    async write(docs, unknown) {
      if (docs.length === 0) return;
      const filled = await store.accept(docs, unknown);
      // What was just written need not be read back.
      if (known && filled.from === known.sequence && filled.to - filled.from === docs.length) {
        for (const doc of docs) known.ids.add(doc._id);
        known.sequence = filled.to;
      }
      await accepted?.(filled);
    },
    forget() {
      known = null;
    },
  };
}

export interface Taking extends Remote {
  store: Store;
  writer: Writer;
}

/** Revisions with their histories; what is gone by now is left out. */
export async function* histories(
  at: Remote,
  wanted: readonly Wanted[],
  signal?: AbortSignal,
): AsyncGenerator<PouchDB.Doc[]> {
  const { server, remote } = at;
  for (let done = 0; done < wanted.length; done += BULK_GET) {
    const answer = await server.json<{
      results: { id: string; docs: { ok?: PouchDB.Doc; error?: { error?: string } }[] }[];
    }>(`${remote}/_bulk_get?revs=true`, {
      method: 'POST',
      body: { docs: wanted.slice(done, done + BULK_GET) },
      ...(signal && { signal }),
    });
    const docs = listOf(at, answer?.results, 'documents').flatMap((row) =>
      row.docs.flatMap(({ ok }) => {
        if (ok && typeof ok._id === 'string' && typeof ok._rev === 'string') return [ok];
        return []; // gone since the feed was read: a later row of the feed has its successor
      }),
    );
    yield docs;
  }
}

/**
 * Winners of the server, all here by now: what of them has ended here lives again. This device ends a
 * version that the server refuses once all of it is there in another one (`denials.ts`); a server
 * that was restored may get that very version from another tablet, and end the other one.
 */
async function revive(
  taking: Taking,
  winners: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { store } = taking;
  const { db } = store;
  const { rows } = await db.allDocs({ keys: [...winners.keys()] });
  const ended: Wanted[] = [];
  for (const { key: id, value } of rows) {
    const rev = winners.get(id) as string;
    // Mostly it is what this device wrote or took itself.
    if (value?.rev === rev && !value.deleted) continue;
    const leaves = await db.get<{ ok?: PouchDB.Doc }[]>(id, { open_revs: 'all', revs: true });
    const lives = leaves.some(({ ok }) => ok && !ok._deleted && isOf(ok, rev));
    if (!lives) ended.push({ id, rev });
  }
  for await (const docs of histories(taking, ended, signal)) {
    const anew = docs.map(async (doc) => revisionOf(doc, doc._rev as string));
    // It is this device's own, so it is pending until the server names it.
    await store.accept(await Promise.all(anew), false);
  }
}

/**
 * Leaves of the server, all here by now: what of ours they were written on ends. The histories say
 * so by themselves, but a version of the first load has none: it does not know the one before it,
 * which a server that was restored shows again until a tablet brings the later one back.
 */
async function outgrow(
  taking: Taking,
  leaves: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const { store, writer } = taking;
  const { db } = store;
  const { rows } = await db.allDocs({
    keys: [...leaves.keys()],
    include_docs: true,
    conflicts: true,
  });
  const ours = new Map<string, string[]>();
  const wanted: Wanted[] = [];
  for (const { doc } of rows) {
    if (!doc?._conflicts?.length) continue;
    const theirs = leaves.get(doc._id) ?? [];
    const others = [doc._rev as string, ...doc._conflicts].filter((rev) => !theirs.includes(rev));
    if (others.length === 0) continue;
    ours.set(doc._id, others);
    wanted.push(...theirs.map((rev) => ({ id: doc._id, rev })));
  }
  for await (const docs of histories(taking, wanted, signal)) {
    const ended = docs.flatMap((doc) =>
      (ours.get(doc._id) ?? [])
        .filter((rev) => isOf(doc, rev))
        .map(async (rev) => tombstoneOf(await db.get(doc._id, { rev }))),
    );
    await writer.write(await Promise.all(ended), false);
  }
}

/** Takes rows of the feed. */
export async function take(
  taking: Taking,
  rows: readonly FeedRow[],
  signal: AbortSignal,
): Promise<void> {
  const { store, writer } = taking;
  const real = rows.filter((row) => !row.id.startsWith('_design/'));
  if (real.length === 0) return;
  const unknown = await writer.unknownOf(real.map((row) => row.id));
  const direct: PouchDB.Doc[] = [];
  const others: Record<string, string[]> = {};
  const alive = new Map<string, string>();
  for (const { id, changes, doc, deleted } of real) {
    if (unknown.has(id) && changes.length === 1 && doc && doc._rev === changes[0]?.rev) {
      // A tombstone of what was never here is of no use here.
      if (!deleted && !doc._deleted) direct.push(doc);
    } else {
      others[id] = changes.map((change) => change.rev);
      const [winner] = others[id];
      if (winner && !deleted) alive.set(id, winner);
    }
  }
  await writer.write(direct, true);
  if (Object.keys(others).length === 0) return;
  const missing = await store.db.revsDiff(others);
  const wanted = Object.entries(missing).flatMap(([id, entry]) =>
    entry.missing.map((rev) => ({ id, rev })),
  );
  for await (const docs of histories(taking, wanted, signal)) await writer.write(docs, false);
  const known = Object.entries(others).filter(([id]) => !missing[id]?.missing.length);
  await outgrow(taking, new Map(known), signal);
  await revive(taking, alive, signal);
}
