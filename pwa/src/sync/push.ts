/**
 * Pushes what the outbox holds. A revision is on the server when the server, asked after the write,
 * does not miss it; nothing else counts. A refused one is put aside with the server's reason, and
 * one document that upsets the server does not hold up the others.
 */
import type PouchDB from 'pouchdb-core';
import type { Store } from '../storage/store.ts';
import type { Leaf, Outbox } from './outbox.ts';
import { type Server, SyncFault } from './server.ts';

export interface PushOptions {
  store: Store;
  outbox: Outbox;
  server: Server;
  remote: string;
  /** Documents of one request. */
  batch?: number;
  /** Now by the device, and a new ULID. */
  instant: () => string;
  ulid: () => string;
  heard?: () => void;
}

export interface Pushed {
  sent: number;
  refused: number;
}

interface Missing {
  [id: string]: { missing: string[] };
}

interface Row {
  id?: string;
  rev?: string;
  error?: string;
  reason?: string;
}

const keyOf = ({ id, rev }: Leaf) => `${id} ${rev}`;

/** Those of these leaves that the server does not have; `ask` is its `_revs_diff`. */
async function lacking(
  leaves: readonly Leaf[],
  ask: (revisions: Record<string, string[]>) => Promise<Missing>,
): Promise<Leaf[]> {
  const asked: Record<string, string[]> = {};
  for (const { id, rev } of leaves) {
    const revs = asked[id];
    if (revs) revs.push(rev);
    else asked[id] = [rev];
  }
  const answer = await ask(asked);
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) {
    throw new SyncFault('server', 'The answer does not say what is missing.', 200);
  }
  return leaves.filter(({ id, rev }) => {
    if (!Object.hasOwn(answer, id)) return false;
    const missing = answer[id]?.missing;
    if (!Array.isArray(missing)) {
      throw new SyncFault('server', 'The answer does not say what is missing.', 200);
    }
    return missing.includes(rev);
  });
}

/** Sends what is pending; resolves when all of it is on the server or refused. */
export async function push(options: PushOptions, signal: AbortSignal): Promise<Pushed> {
  const { store, outbox, server, remote, batch = 200, instant, ulid, heard } = options;
  const result: Pushed = { sent: 0, refused: 0 };
  const call = <T>(path: string, body: unknown) =>
    server.json<T>(remote + path, { method: 'POST', body, signal, heard: () => heard?.() });

  const diff = (leaves: readonly Leaf[]) =>
    lacking(leaves, (body) => call<Missing>('/_revs_diff', body));

  const bodies = async (leaves: readonly Leaf[]): Promise<PouchDB.Doc[]> => {
    const { results } = await store.db.bulkGet({ docs: [...leaves], revs: true });
    return results.flatMap(({ docs }) => docs.flatMap(({ ok }) => (ok ? [ok] : [])));
  };

  /** Why some stay pending although the server answers. */
  let stuck: unknown = null;
  /** Requests that may still fail while the guilty document is looked for. */
  let patience = 40;

  /**
   * Writes, and returns the reasons of the rows that were refused. What the server cannot swallow
   * is halved until the guilty document stands alone: 400 and 413 refuse it, 5xx leave it pending.
   */
  const write = async (docs: PouchDB.Doc[]): Promise<Map<string, string>> => {
    try {
      const rows = await call<Row[]>('/_bulk_docs', { docs, new_edits: false });
      if (!Array.isArray(rows)) {
        throw new SyncFault('server', 'The answer does not say what was written.', 200);
      }
      return new Map(
        rows
          .filter((row) => row.error)
          // CouchDB names the revision of a refused row only sometimes.
          .map((row) => [
            row.rev ? keyOf({ id: String(row.id), rev: row.rev }) : String(row.id),
            [row.error, row.reason].filter(Boolean).join(': '),
          ]),
      );
    } catch (error) {
      // Silence, 401 and 403 concern every document; the rest may be the fault of one.
      const status = error instanceof SyncFault ? error.status : null;
      const refused = status === 400 || status === 413;
      if (status === null || !(refused || status >= 500) || --patience < 0) throw error;
      if (docs.length === 1) {
        if (!refused) {
          stuck ??= error;
          return new Map();
        }
        const [doc] = docs as [PouchDB.Doc];
        const key = keyOf({ id: doc._id, rev: doc._rev as string });
        return new Map([[key, (error as SyncFault).message]]);
      }
      const half = Math.ceil(docs.length / 2);
      return new Map([...(await write(docs.slice(0, half))), ...(await write(docs.slice(half)))]);
    }
  };

  let todo = await outbox.scan();
  while (todo.length > 0) {
    const leaves = todo.slice(0, batch);
    todo = todo.slice(batch);
    const missing = await diff(leaves);
    const missingKeys = new Set(missing.map(keyOf));
    const there = leaves.filter((leaf) => !missingKeys.has(keyOf(leaf)));
    if (there.length) await outbox.acknowledge(there);
    if (missing.length === 0) continue;
    const docs = await bodies(missing);
    const refused = docs.length ? await write(docs) : new Map<string, string>();
    const still = await diff(missing);
    const stillKeys = new Set(still.map(keyOf));
    const done = missing.filter((leaf) => !stillKeys.has(keyOf(leaf)));
    result.sent += done.length;
    if (done.length) await outbox.acknowledge(done);
    const refusals = still.flatMap((leaf) => {
      const reason = refused.get(keyOf(leaf)) ?? refused.get(leaf.id);
      return reason ? [{ ...leaf, reason, at: instant(), problem: ulid() }] : [];
    });
    result.refused += refusals.length;
    if (refusals.length) await outbox.refuse(refusals);
    if (refusals.length < still.length) {
      stuck ??= new SyncFault('server', 'The server took writes and does not name them.', 200);
    }
  }
  if (stuck) throw stuck;
  return result;
}

/** Refused revisions that the server has by now, by whatever way. */
export async function settled(options: PushOptions, signal: AbortSignal): Promise<Leaf[]> {
  const { outbox, server, remote } = options;
  const refused = outbox.refused();
  if (refused.length === 0) return [];
  const asked: Record<string, string[]> = {};
  for (const { id, rev } of refused) asked[id] = [...(asked[id] ?? []), rev];
  const answer = await server.json<Missing>(`${remote}/_revs_diff`, {
    method: 'POST',
    body: asked,
    signal,
  });
  return refused.filter(({ id, rev }) => !answer[id]?.missing?.includes(rev));
}

/** Takes back what was on the server and is not any more: it is pending again. */
export async function compare(options: PushOptions, signal: AbortSignal): Promise<void> {
  const { outbox, server, remote, heard } = options;
  await outbox.compare((leaves) =>
    lacking(leaves, (body) =>
      server.json<Missing>(`${remote}/_revs_diff`, {
        method: 'POST',
        body,
        signal,
        heard: () => heard?.(),
      }),
    ),
  );
}
