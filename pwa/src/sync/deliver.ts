/**
 * Hands revisions to the server, and finds out what it did with each. A revision is on the server
 * when the server, asked after the write, does not miss it; nothing else counts. One document that
 * upsets the server does not hold up the others.
 */
import type PouchDB from 'pouchdb-core';
import { type Server, SyncFault } from './server.ts';

/** A revision that nothing was written on yet. */
export interface Leaf {
  id: string;
  rev: string;
}

/** On the server, refused because of something, or neither: to be tried again. */
export type Verdict = { is: 'there' } | { is: 'refused'; reason: string } | { is: 'open' };

export interface Delivery {
  /** Those of these that the server does not have. */
  missing(leaves: readonly Leaf[]): Promise<Leaf[]>;
  /** Writes these, and tells of each by {@link keyOf} what became of it. */
  send(docs: readonly PouchDB.Doc[]): Promise<Map<string, Verdict>>;
  /** Throws when the server answered and yet some stayed open: why. */
  settle(): void;
}

export interface DeliveryOptions {
  server: Server;
  /** Path of the database on the server. */
  remote: string;
  /** A sign of life from the server. */
  heard?: () => void;
  /** How long a cluster may take until all of its copies know what was written; shortened by tests. */
  settleMs?: number;
}

/** Seen on three nodes: one copy lacked for less than half a second what the others had taken. */
const SETTLE_MS = 700;

interface Missing {
  [id: string]: { missing: string[] };
}

interface Row {
  id?: string;
  rev?: string;
  error?: string;
  reason?: string;
}

/** Errors of a row that are said of the document; anything else, the server could not do. */
const VERDICTS =
  /^(forbidden|unauthorized|bad_request|doc_validation|illegal_docid|missing_stub|.*too_large)$/;
/** What the embedded database says of a validator that is at fault itself. */
const BROKEN = /^validate_doc_update of \S+ (cannot run|failed)/;

function isVerdict({ error, reason }: Row): boolean {
  return error !== undefined && VERDICTS.test(error) && !BROKEN.test(reason ?? '');
}

export const keyOf = ({ id, rev }: Leaf) => `${id} ${rev}`;
export const leafOf = ({ _id, _rev }: PouchDB.Doc): Leaf => ({ id: _id, rev: _rev as string });

export function createDelivery(options: DeliveryOptions, signal: AbortSignal): Delivery {
  const { server, remote, heard, settleMs = SETTLE_MS } = options;
  /** Why some stay open although the server answers. */
  let stuck: unknown = null;
  /** Requests that may still fail while the guilty document is looked for. */
  let patience = 40;

  const call = <T>(path: string, body: unknown) =>
    server.json<T>(remote + path, { method: 'POST', body, signal });

  const missing = async (leaves: readonly Leaf[]): Promise<Leaf[]> => {
    if (leaves.length === 0) return [];
    const asked: Record<string, string[]> = {};
    for (const { id, rev } of leaves) {
      const revs = asked[id];
      if (revs) revs.push(rev);
      else asked[id] = [rev];
    }
    const answer = await call<Missing>('/_revs_diff', asked);
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) {
      throw new SyncFault('server', 'The answer does not say what is missing.', 200);
    }
    heard?.();
    return leaves.filter(({ id, rev }) => {
      if (!Object.hasOwn(answer, id)) return false;
      const revs = answer[id]?.missing;
      if (!Array.isArray(revs)) {
        throw new SyncFault('server', 'The answer does not say what is missing.', 200);
      }
      return revs.includes(rev);
    });
  };

  /**
   * Writes, and returns the reasons of the rows that were refused. What the server cannot swallow
   * is halved until the guilty document stands alone: 400 and 413 refuse it, 5xx leave it open.
   */
  const write = async (docs: readonly PouchDB.Doc[]): Promise<Map<string, string>> => {
    try {
      const rows = await call<Row[]>('/_bulk_docs', { docs, new_edits: false });
      if (!Array.isArray(rows)) {
        throw new SyncFault('server', 'The answer does not say what was written.', 200);
      }
      return new Map(
        rows
          .filter(isVerdict)
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
      const [only] = docs;
      if (only && docs.length === 1) {
        if (refused) return new Map([[keyOf(leafOf(only)), (error as SyncFault).message]]);
        stuck ??= error;
        return new Map();
      }
      const half = Math.ceil(docs.length / 2);
      return new Map([...(await write(docs.slice(0, half))), ...(await write(docs.slice(half)))]);
    }
  };

  return {
    missing,
    async send(docs) {
      const reasons = docs.length ? await write(docs) : new Map<string, string>();
      const leaves = docs.map(leafOf);
      const isSaid = (leaf: Leaf) => reasons.has(keyOf(leaf)) || reasons.has(leaf.id);
      let lacking = await missing(leaves);
      if (lacking.some((leaf) => !isSaid(leaf))) {
        // The copy that was asked may not have it yet.
        await new Promise((resolve) => setTimeout(resolve, settleMs));
        lacking = await missing(lacking);
      }
      const still = new Set(lacking.map(keyOf));
      return new Map(
        leaves.map((leaf): [string, Verdict] => {
          const key = keyOf(leaf);
          if (!still.has(key)) return [key, { is: 'there' }];
          const reason = reasons.get(key) ?? reasons.get(leaf.id);
          if (reason) return [key, { is: 'refused', reason }];
          stuck ??= new SyncFault('server', 'The server took writes and does not name them.', 200);
          return [key, { is: 'open' }];
        }),
      );
    },
    settle() {
      if (stuck) throw stuck;
    },
  };
}
