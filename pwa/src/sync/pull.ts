/**
 * Pulls a database of the server, from the place that was reached last: `_changes` in batches with
 * documents. The first load is the same way, only longer. The place is written after each batch,
 * so whatever breaks off goes on from there.
 */
import type PouchDB from 'pouchdb-core';
import type { Filled, Store } from '../storage/store.ts';
import { askFeed, type Feed, listOf, type Remote, type Seq } from './feed.ts';
import { createWriter, type Taking, take } from './take.ts';

/** Where the pull stands; `_local/pull`. */
export interface Place {
  since: Seq;
  /** Rows taken so far, for the progress of the first load. */
  done: number;
  /** The end of the feed was reached once: everything is here. */
  complete: boolean;
}

const START: Place = { since: 0, done: 0, complete: false };

export interface PullOptions extends Remote {
  store: Store;
  /** Rows of one request. */
  batch?: number;
  /** Called with each batch of documents that was written. */
  accepted?: (filled: Filled) => void | Promise<void>;
  progress?: (progress: { done: number; total: number }) => void;
}

export interface Puller {
  place(): Promise<Place>;
  /** Documents whose ids begin so, before the feed gets to them; those that are new here. */
  range(prefix: string, signal: AbortSignal): Promise<void>;
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

/** Leaves of one request when nothing but leaves is asked for. */
const LEAVES = 10_000;
/** Documents of one request when they are asked for by their ids. */
const PAGE = 500;

const placeIn = (store: Store) => store.local<Place>('pull', START);

const since = (seq: Seq) => `since=${encodeURIComponent(seq)}`;

/** Compares all leaves of the server with those that are here. */
async function compareAll(taking: Taking, before: Place, signal: AbortSignal): Promise<void> {
  const { store } = taking;
  const here = new Map<string, Set<string>>();
  for (const { id, changes } of (await store.db.changes({ style: 'all_docs' })).results) {
    here.set(id, new Set(changes.map(({ rev }) => rev)));
  }
  let at: Seq = 0;
  for (;;) {
    const feed = await askFeed(taking, `${since(at)}&limit=${LEAVES}`, signal);
    const news = feed.results.filter(({ id, changes }) => {
      const known = here.get(id);
      return !known || changes.some(({ rev }) => !known.has(rev));
    });
    // Tombstones of what never was here are left out, as in the first load.
    await take(
      taking,
      news.filter(({ id, deleted }) => !deleted || here.has(id)),
      signal,
    );
    at = feed.last_seq;
    if (feed.results.length < LEAVES && !feed.pending) break;
  }
  await store.setLocal('pull', { ...before, since: at });
}

/** Brings the documents whose ids begin so, page by page. */
async function takeRange(taking: Taking, prefix: string, signal: AbortSignal): Promise<void> {
  const { server, remote, writer } = taking;
  const encode = (key: string) => encodeURIComponent(JSON.stringify(key));
  let start = prefix;
  for (;;) {
    const query = `startkey=${encode(start)}&endkey=${encode(`${prefix}\ufff0`)}&limit=${PAGE}`;
    const answer = await server.json<{ rows: { id: string; doc?: PouchDB.Doc | null }[] }>(
      `${remote}/_all_docs?include_docs=true&conflicts=true&${query}`,
      { signal },
    );
    const rows = listOf(taking, answer?.rows, 'documents');
    const docs = rows.flatMap(({ doc }) => (doc && typeof doc._rev === 'string' ? [doc] : []));
    if (docs.length) {
      const unknown = await writer.unknownOf(docs.map((doc) => doc._id));
      // The others come with their histories when the feed gets there.
      await writer.write(
        docs.filter((doc) => unknown.has(doc._id) && !doc._conflicts?.length),
        true,
      );
    }
    const last = rows.at(-1)?.id;
    if (rows.length < PAGE || last === undefined) return;
    start = `${last}\u0000`;
  }
}

/** Pulls to the end of the feed; the next batch is asked for while one is written. */
async function runToEnd(
  taking: Taking,
  { batch, progress }: { batch: number; progress: PullOptions['progress'] },
  signal: AbortSignal,
  between?: () => Promise<void>,
): Promise<Place> {
  const { store, server, remote, writer } = taking;
  let now = await placeIn(store);
  let total = now.done;
  const ask = (seq: Seq) => {
    const asked = askFeed(taking, `include_docs=true&${since(seq)}&limit=${batch}`, signal);
    asked.catch(() => {}); // awaited at the head of the loop; here only so as not to be loud
    return asked;
  };
  let next: Promise<Feed> = ask(now.since);
  /** The place of the batch before is written while the next one comes. */
  let kept: Promise<void> = Promise.resolve();
  try {
    if (!now.complete) {
      const info = await server.json<{ doc_count?: number }>(remote, { signal });
      total = Number(info.doc_count ?? 0);
      progress?.({ done: Math.min(now.done, total), total });
    }
    for (;;) {
      const feed = await next;
      const end = feed.results.length < batch && !feed.pending;
      if (!end) next = ask(feed.last_seq);
      await take(taking, feed.results, signal);
      await kept;
      if (end) writer.forget();
      now = {
        since: feed.last_seq,
        done: now.done + feed.results.length,
        complete: now.complete || end,
      };
      if (feed.results.length || end) kept = store.setLocal('pull', now);
      kept.catch(() => {}); // awaited with the next batch, or below
      if (!now.complete) progress?.({ done: Math.min(now.done, total), total });
      await between?.();
      if (end) return now;
    }
  } finally {
    await kept;
  }
}

export function createPuller(options: PullOptions): Puller {
  const { store, server, remote, heard, batch = 2000, accepted, progress } = options;
  const taking: Taking = { store, server, remote, heard, writer: createWriter(store, accepted) };

  return {
    place: () => placeIn(store),
    restart: () => store.setLocal('pull', START),
    async compare(signal) {
      const before = await placeIn(store);
      if (before.complete) await compareAll(taking, before, signal);
      else await store.setLocal('pull', START);
    },
    range: (prefix, signal) => takeRange(taking, prefix, signal),
    run: (signal, between) => runToEnd(taking, { batch, progress }, signal, between),
    async wait(signal, timeoutMs) {
      const now = await placeIn(store);
      const query = `include_docs=true&${since(now.since)}&limit=${batch}&feed=longpoll&timeout=${timeoutMs}`;
      const feed = await askFeed(taking, query, signal, timeoutMs + 15_000);
      if (feed.results.length === 0) return false;
      await take(taking, feed.results, signal);
      await store.setLocal('pull', {
        ...now,
        since: feed.last_seq,
        done: now.done + feed.results.length,
      });
      return true;
    },
    async fetch(ids, signal) {
      const answer = await server.json<{ results: { docs: { ok?: PouchDB.Doc }[] }[] }>(
        `${remote}/_bulk_get?revs=true`,
        { method: 'POST', body: { docs: ids.map((id) => ({ id })) }, ...(signal && { signal }) },
      );
      await taking.writer.write(
        listOf(taking, answer?.results, 'documents').flatMap((row) =>
          row.docs.flatMap(({ ok }) => (ok ? [ok] : [])),
        ),
        false,
      );
    },
  };
}
