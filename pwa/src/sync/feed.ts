/** The feed of changes (`_changes`), as it is asked for and believed. */
import type PouchDB from 'pouchdb-core';
import { type Server, SyncFault } from './server.ts';

export type Seq = string | number;

export interface FeedRow {
  id: string;
  seq: Seq;
  changes: { rev: string }[];
  deleted?: boolean;
  doc?: PouchDB.Doc | null;
}

export interface Feed {
  results: FeedRow[];
  last_seq: Seq;
  pending?: number;
}

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

/** A database of the server. */
export interface Remote {
  server: Server;
  /** Its path, `/db/site-3301020001`. */
  remote: string;
  /** A sign of life from the server. */
  heard?: (() => void) | undefined;
}

/** What is no answer of the server's throws; what is one is a sign of life. */
export function listOf<T>(
  { heard }: Remote,
  rows: readonly T[] | undefined,
  what: string,
): readonly T[] {
  if (!Array.isArray(rows)) {
    throw new SyncFault('server', `The answer is not a list of ${what}.`, 200);
  }
  heard?.();
  return rows;
}

/** The changes of all leaves that `query` asks for. */
export async function askFeed(
  { server, remote, heard }: Remote,
  query: string,
  signal: AbortSignal,
  silence?: number,
): Promise<Feed> {
  const feed = feedOf(
    await server.json(`${remote}/_changes?style=all_docs&${query}`, {
      signal,
      ...(silence && { silence }),
    }),
  );
  heard?.();
  return feed;
}
