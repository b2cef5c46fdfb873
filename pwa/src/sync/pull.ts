/**
 * Pulls a database of the server, from the place that was reached last: `_changes` in batches with
 * documents. The first load is the same way, only longer. The place is written after each batch,
 * so whatever breaks off goes on from there.
 */
import type PouchDB from 'pouchdb-core';
import { isOf, revisionOf, tombstoneOf } from '../case/computed.ts';
import type { Filled, Store } from '../storage/store.ts';
import { type Server, SyncFault } from './server.ts';

export type Seq = string | number;

interface Wanted {
  id: string;
  rev: string;
}

interface FeedRow {
  id: string;
  seq: Seq;
  changes: { rev: string }[];
  deleted?: boolean;
  doc?: PouchDB.Doc | null;
}

interface Feed {
  results: FeedRow[];
  last_seq: Seq;
  pending?: number;
}

/** Where the pull stands; `_local/pull`. */
export interface Place {
  since: Seq;
  /** Rows taken so far, for the progress of the first load. */
  done: number;
  /** The end of the feed was reached once: everything is here. */
  complete: boolean;
}

const START: Place = { since: 0, done: 0, complete: false };

export interface PullOptions {
  store: Store;
  server: Server;
  /** Path of the database on the server, `/db/site-3301020001`. */
  remote: string;
  /** Rows of one request. */
  batch?: number;
  /** Called with each batch of documents that was written. */
  accepted?: (filled: Filled) => void | Promise<void>;
  progress?: (progress: { done: number; total: number }) => void;
  /** A sign of life from the server. */
  heard?: () => void;
}

export interface Puller {
  place(): Promise<Place>;
  /** Documents that are small and needed at once: all but the children. */
  small(signal: AbortSignal): Promise<void>;
  /** To the end of the feed; `between` is called after each batch. */
  run(signal: AbortSignal, between?: () => Promise<void>): Promise<Place>;
  /** Waits for something new, and takes it. True when there was something. */
  wait(signal: AbortSignal, timeoutMs: number): Promise<boolean>;
  /** Certain documents at once, wherever the pull stands. */
  fetch(ids: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Begins at the beginning again. */
  restart(): Promise<void>;
  /**
   * The server may have been set back, so that its places mean something else: compares all leaves
   * with it, without their documents, and brings what is not here.
   */
  compare(signal: AbortSignal): Promise<void>;
}

const BULK_GET = 200;
/** Leaves of one request when nothing but leaves is asked for. */
const LEAVES = 10_000;
/** From so many ids on it pays to know all ids of the local database. */
const MANY = 500;

function isRow(row: unknown): row is FeedRow {
  const { id, seq, changes, doc } = (row ?? {}) as Partial<FeedRow>;
  return (
    typeof id === 'string' &&
    (typeof seq === 'string' || typeof seq === 'number') &&
    Array.isArray(changes) &&
    changes.every((change) => typeof change?.rev === 'string') &&
    (doc === undefined || doc === null || (doc._id === id && typeof doc._rev === 'string'))
  );
}

/** The feed, or a fault when it is not one: nothing of a strange answer is written. */
function feedOf(answer: unknown): Feed {
  const { results, last_seq } = (answer ?? {}) as Partial<Feed>;
  if (!Array.isArray(results) || !results.every(isRow) || last_seq === undefined) {
    throw new SyncFault('server', 'The answer is not a list of changes.', 200);
  }
  return answer as Feed;
}

export function createPuller(options: PullOptions): Puller {
  const { store, server, remote, batch = 2000, accepted, progress, heard } = options;
  const { db } = store;
  /** All ids of the local database, up to a local sequence; kept for large pulls. */
  let known: { ids: Set<string>; sequence: number } | null = null;

  /** What is no answer of the server's throws; what is one is a sign of life. */
  const list = <T>(rows: readonly T[] | undefined, what: string): readonly T[] => {
    if (!Array.isArray(rows)) {
      throw new SyncFault('server', `The answer is not a list of ${what}.`, 200);
    }
    heard?.();
    return rows;
  };

  /** Which of these ids this database has never seen. */
  const unknownOf = async (ids: readonly string[]): Promise<Set<string>> => {
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
  };

  const write = async (docs: PouchDB.Doc[], unknown: boolean) => {
    if (docs.length === 0) return;
    const filled = await store.accept(docs, unknown);
    // What was just written need not be read back.
    if (known && filled.from === known.sequence && filled.to - filled.from === docs.length) {
      for (const doc of docs) known.ids.add(doc._id);
      known.sequence = filled.to;
    }
    await accepted?.(filled);
  };

  /** Revisions with their histories, so that they join the tree that is here. */
  const withHistory = async (wanted: readonly Wanted[], signal?: AbortSignal) => {
    for await (const docs of histories(wanted, signal)) await write(docs, false);
  };
  const histories = async function* (wanted: readonly Wanted[], signal?: AbortSignal) {
    for (let at = 0; at < wanted.length; at += BULK_GET) {
      const answer = await server.json<{
        results: { id: string; docs: { ok?: PouchDB.Doc; error?: { error?: string } }[] }[];
      }>(`${remote}/_bulk_get?revs=true`, {
        method: 'POST',
        body: { docs: wanted.slice(at, at + BULK_GET) },
        ...(signal && { signal }),
      });
      const docs = list(answer?.results, 'documents').flatMap((row) =>
        row.docs.flatMap(({ ok }) => {
          if (ok && typeof ok._id === 'string' && typeof ok._rev === 'string') return [ok];
          return []; // gone since the feed was read: a later row of the feed has its successor
        }),
      );
      yield docs;
    }
  };

  /**
   * Winners of the server, all here by now: what of them has ended here lives again. This device ends a
   * version that the server refuses once all of it is there in another one (`refusals.ts`); a server
   * that was restored may get that very version from another tablet, and end the other one.
   */
  const revive = async (winners: ReadonlyMap<string, string>, signal: AbortSignal) => {
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
    for await (const docs of histories(ended, signal)) {
      const anew = docs.map(async (doc) => revisionOf(doc, doc._rev as string));
      // It is this device's own, so it is pending until the server names it.
      await store.accept(await Promise.all(anew), false);
    }
  };

  /**
   * Leaves of the server, all here by now: what of ours they were written on ends. The histories say
   * so by themselves, but a version of the first load has none: it does not know the one before it,
   * which a server that was restored shows again until a tablet brings the later one back.
   */
  const outgrow = async (leaves: ReadonlyMap<string, readonly string[]>, signal: AbortSignal) => {
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
    for await (const docs of histories(wanted, signal)) {
      const ended = docs.flatMap((doc) =>
        (ours.get(doc._id) ?? [])
          .filter((rev) => isOf(doc, rev))
          .map(async (rev) => tombstoneOf(await db.get(doc._id, { rev }))),
      );
      await write(await Promise.all(ended), false);
    }
  };

  const take = async (rows: readonly FeedRow[], signal: AbortSignal) => {
    const real = rows.filter((row) => !row.id.startsWith('_design/'));
    if (real.length === 0) return;
    const unknown = await unknownOf(real.map((row) => row.id));
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
    await write(direct, true);
    if (Object.keys(others).length === 0) return;
    const missing = await db.revsDiff(others);
    const wanted = Object.entries(missing).flatMap(([id, entry]) =>
      entry.missing.map((rev) => ({ id, rev })),
    );
    await withHistory(wanted, signal);
    const known = Object.entries(others).filter(([id]) => !missing[id]?.missing.length);
    await outgrow(new Map(known), signal);
    await revive(alive, signal);
  };

  const ask = async (query: string, signal: AbortSignal, silence?: number): Promise<Feed> => {
    const feed = feedOf(
      await server.json(`${remote}/_changes?style=all_docs&${query}`, {
        signal,
        ...(silence && { silence }),
      }),
    );
    heard?.();
    return feed;
  };
  const askDocs = (since: Seq, signal: AbortSignal, more = '', silence?: number) =>
    ask(
      `include_docs=true&since=${encodeURIComponent(since)}&limit=${batch}${more}`,
      signal,
      silence,
    );

  const place = () => store.local<Place>('pull', START);

  return {
    place,
    restart: () => store.setLocal('pull', START),
    async compare(signal) {
      const before = await place();
      if (!before.complete) {
        await store.setLocal('pull', START);
        return;
      }
      const here = new Map<string, Set<string>>();
      for (const { id, changes } of (await db.changes({ style: 'all_docs' })).results) {
        here.set(id, new Set(changes.map(({ rev }) => rev)));
      }
      let since: Seq = 0;
      for (;;) {
        const feed = await ask(`since=${encodeURIComponent(since)}&limit=${LEAVES}`, signal);
        const news = feed.results.filter(({ id, changes }) => {
          const known = here.get(id);
          return !known || changes.some(({ rev }) => !known.has(rev));
        });
        // Tombstones of what never was here are left out, as in the first load.
        await take(
          news.filter(({ id, deleted }) => !deleted || here.has(id)),
          signal,
        );
        since = feed.last_seq;
        if (feed.results.length < LEAVES && !feed.pending) break;
      }
      await store.setLocal('pull', { ...before, since });
    },
    async small(signal) {
      const encode = (key: string) => encodeURIComponent(JSON.stringify(key));
      for (const range of [`endkey=${encode('child:')}`, `startkey=${encode('child;')}`]) {
        const answer = await server.json<{ rows: { id: string; doc?: PouchDB.Doc | null }[] }>(
          `${remote}/_all_docs?include_docs=true&conflicts=true&${range}`,
          { signal },
        );
        const docs = list(answer?.rows, 'documents').flatMap(({ doc }) =>
          doc && typeof doc._rev === 'string' && !doc._id.startsWith('_design/') ? [doc] : [],
        );
        if (docs.length === 0) continue;
        const unknown = await unknownOf(docs.map((doc) => doc._id));
        // The others come with their histories when the feed gets there.
        await write(
          docs.filter((doc) => unknown.has(doc._id) && !doc._conflicts?.length),
          true,
        );
      }
    },
    async run(signal, between) {
      let now = await place();
      let total = now.done;
      if (!now.complete) {
        const info = await server.json<{ doc_count?: number }>(remote, { signal });
        total = Number(info.doc_count ?? 0);
        progress?.({ done: Math.min(now.done, total), total });
      }
      let next = askDocs(now.since, signal);
      /** The place of the batch before is written while the next one comes. */
      let kept: Promise<void> = Promise.resolve();
      try {
        for (;;) {
          const feed = await next;
          const end = feed.results.length < batch && !feed.pending;
          if (!end) {
            next = askDocs(feed.last_seq, signal);
            next.catch(() => {}); // awaited at the head of the loop; here only so as not to be loud
          }
          await take(feed.results, signal);
          await kept;
          if (end) known = null;
          now = {
            since: feed.last_seq,
            done: now.done + feed.results.length,
            complete: now.complete || end,
          };
          if (feed.results.length || end) kept = store.setLocal('pull', now);
          kept.catch(() => {}); // awaited with the next batch, or below
          if (!now.complete) progress?.({ done: Math.min(now.done, total), total });
          await between?.();
          if (end) break;
        }
      } finally {
        await kept;
      }
      return now;
    },
    async wait(signal, timeoutMs) {
      const now = await place();
      const feed = await askDocs(
        now.since,
        signal,
        `&feed=longpoll&timeout=${timeoutMs}`,
        timeoutMs + 15_000,
      );
      if (feed.results.length === 0) return false;
      await take(feed.results, signal);
      await store.setLocal('pull', {
        ...now,
        since: feed.last_seq,
        done: now.done + feed.results.length,
      });
      return true;
    },
    async fetch(ids, signal) {
      const answer = await server.json<{
        results: { docs: { ok?: PouchDB.Doc }[] }[];
      }>(`${remote}/_bulk_get?revs=true`, {
        method: 'POST',
        body: { docs: ids.map((id) => ({ id })) },
        ...(signal && { signal }),
      });
      await write(
        list(answer?.results, 'documents').flatMap((row) =>
          row.docs.flatMap(({ ok }) => (ok ? [ok] : [])),
        ),
        false,
      );
    },
  };
}
