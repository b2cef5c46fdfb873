/**
 * A local database that tells everybody who follows it, in this tab and in the others, that it has
 * changed. Followers read on from the sequence number that they know (`changes`), so a signal that
 * is lost or comes twice does no harm.
 */
import type PouchDB from 'pouchdb-core';
import { type Fault, storageFault } from './fault.ts';
import type { Fill } from './fill.ts';

/** The part of `BroadcastChannel` that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** Documents that came from the server. */
export interface Filled {
  /** The local sequence before and after. */
  from: number;
  to: number;
  docs: PouchDB.Doc[];
  /** Each was new to this database, and nothing else was written in between. */
  fresh: boolean;
}

export interface Store {
  readonly db: PouchDB.Database;
  /** The last local sequence number. */
  sequence(): Promise<number>;
  /** One document of this device's own making; a new revision. Durable when resolved. */
  put(doc: object): Promise<{ id: string; rev: string }>;
  /** Revisions of the server, as they are. `unknown`: no document of these ids was here before. */
  accept(docs: PouchDB.Doc[], unknown: boolean): Promise<Filled>;
  /** Changes after `since`, with documents and the names of leaves in conflict. */
  changes(since: number, limit: number): Promise<PouchDB.Changes>;
  /** A `_local` document, or `fallback`. */
  local<T extends object>(id: string, fallback: T): Promise<T>;
  /** Writes a `_local` document over what is there. */
  setLocal(id: string, value: object): Promise<void>;
  /** Called after each change; `filled` when its content is known. Returns how to stop it. */
  onChange(listener: (filled: Filled | null) => void): () => void;
  /** What goes wrong with the browser's storage, for whoever shows it. */
  onFault(listener: (fault: Fault) => void): () => void;
  /** Tells those who listen for faults. */
  report(error: unknown): void;
  close(): Promise<void>;
}

/** The `_local` documents of a database, which other tabs write too. */
function createLocals(db: PouchDB.Database) {
  /** Revisions as this tab knows them, by id. */
  const known = new Map<string, string>();
  return {
    async read<T extends object>(id: string, fallback: T): Promise<T> {
      try {
        const { _id, _rev, ...value } = await db.get(`_local/${id}`);
        if (_rev) known.set(id, _rev);
        return value as T;
      } catch (error) {
        if ((error as { status?: number }).status === 404) return fallback;
        throw error;
      }
    },
    async write(id: string, value: object): Promise<void> {
      const put = () => {
        const _rev = known.get(id);
        return db.put({ ...value, _id: `_local/${id}`, ...(_rev ? { _rev } : {}) });
      };
      // Other tabs write here too, and may be quicker more than once.
      const putOver = async (error: { status?: number }): Promise<{ rev: string }> => {
        if (error.status !== 409) throw error;
        const now = await db.get(`_local/${id}`);
        known.set(id, now._rev as string);
        return put().catch(putOver);
      };
      const row = await put().catch(putOver);
      known.set(id, row.rev);
    },
  };
}

/** `fill` writes batches of new documents faster than PouchDB does, where it can. */
export function createStore(
  db: PouchDB.Database,
  channel: Channel | null = null,
  fill: Fill | null = null,
): Store {
  const listeners = new Set<(filled: Filled | null) => void>();
  const faultListeners = new Set<(fault: Fault) => void>();
  const locals = createLocals(db);

  const report = (error: unknown): Fault => {
    const fault = storageFault(error);
    for (const listener of faultListeners) listener(fault);
    return fault;
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw report(error);
    }
  };
  const announce = (filled: Filled | null) => {
    for (const listener of listeners) listener(filled);
    channel?.postMessage('changed');
  };
  if (channel) {
    channel.onmessage = () => {
      for (const listener of listeners) listener(null);
    };
  }
  const sequence = async () => Number((await db.info()).update_seq);

  return {
    db,
    sequence: () => guarded(sequence),
    async put(doc) {
      // A conflict is the caller's to solve and no fault of the storage.
      const written = await db.put(doc).catch((error: { status?: number }) => {
        if (error.status === 409) throw error;
        return guarded(() => Promise.reject(error));
      });
      announce(null);
      return written;
    },
    accept: (docs, unknown) =>
      guarded(async () => {
        const quick = unknown && docs.length ? await fill?.(docs) : null;
        if (quick) {
          const filled = { ...quick, docs, fresh: true };
          // Memory is filled while the disk is already busy with the next batch.
          setTimeout(() => announce(filled));
          return filled;
        }
        const from = await sequence();
        if (docs.length === 0) return { from, to: from, docs, fresh: true };
        const rows = await db.bulkDocs(docs, { new_edits: false });
        const failed = rows.find((row) => row.error);
        if (failed) throw failed;
        const to = await sequence();
        const filled = { from, to, docs, fresh: unknown && to - from === docs.length };
        announce(filled);
        return filled;
      }),
    changes: (since, limit) =>
      guarded(() => db.changes({ since, limit, include_docs: true, conflicts: true })),
    local: (id, fallback) => guarded(() => locals.read(id, fallback)),
    setLocal: (id, value) => guarded(() => locals.write(id, value)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFault(listener) {
      faultListeners.add(listener);
      return () => faultListeners.delete(listener);
    },
    report,
    async close() {
      channel?.close();
      listeners.clear();
      faultListeners.clear();
      await db.close();
    },
  };
}
