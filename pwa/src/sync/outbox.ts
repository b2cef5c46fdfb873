/**
 * The outbox (待上传): which revisions that this device wrote the server has not named yet. It is
 * not a list that a crash could lose, but derived: whatever the local database has changed since
 * the last sequence that is wholly acknowledged, less what came from the server itself. Only what
 * the server refused is written down, together with that sequence, in `_local/outbox`.
 */
import type PouchDB from 'pouchdb-core';
import { liveRevisions } from '../storage/revisions.ts';
import type { Filled, Store } from '../storage/store.ts';
import { keyOf, type Leaf } from './deliver.ts';

export interface Refusal extends Leaf {
  /**
   * What of a child is refused, `event <ULID>` or `fact <field> <at>`. Null: the document as a whole; a
   * child is that only until it was taken apart.
   */
  part: string | null;
  /** The kind of the event or the name of the field that is refused; null with `part`. */
  subject: string | null;
  reason: string;
  /** By the device's clock. */
  at: string;
  /** The ULID under which it is reported. */
  problem: string;
  /** Who has asked the server for it: it is not sent again for the same account at the same server
   * on the same day. */
  asked: readonly string[];
  /** A person has voided it since (作废): kept, and nothing that anybody has to act upon. */
  withdrawn?: boolean;
  /** Another part for whose sake this was not tried: asked for again when that one is there. */
  waits?: string | undefined;
}

/** What is refused of a document now that the server was asked. */
export type Held = Pick<Refusal, 'rev' | 'part' | 'subject' | 'reason' | 'waits'> & {
  withdrawn: boolean;
};

interface Kept {
  /** Up to here every local change is on the server or refused. */
  acknowledged: number;
  refused: Refusal[];
}

export interface Outbox {
  /** Takes up what was written down, by this tab or by the one that synced before it. */
  load(): Promise<void>;
  /** Reads on, and tells what is pending, the oldest first. */
  scan(): Promise<Leaf[]>;
  pending(): Leaf[];
  refused(): Refusal[];
  /** Revisions that came from the server. */
  received(filled: Filled): Promise<void>;
  /** The server named these. */
  acknowledge(leaves: readonly Leaf[]): Promise<void>;
  /** The server refused these; they stay here, and are not sent again for whoever asked. */
  refuse(refusals: readonly Refusal[]): Promise<void>;
  /**
   * `asker` has asked again for everything of a document that was refused: this is what still is.
   * Returns the refusals that are none any more; they are kept until they are dropped.
   */
  hold(
    id: string,
    held: readonly Held[],
    asker: string,
    made: () => Pick<Refusal, 'at' | 'problem'>,
  ): Promise<Refusal[]>;
  /** These are settled, and that was reported. */
  drop(refusals: readonly Refusal[]): Promise<void>;
  /** A person wants a document tried again: it counts for nothing that it was asked for. */
  askAgain(id: string): Promise<void>;
  /** Compares everything of this device with the server again, from the beginning. */
  again(): Promise<void>;
  /**
   * The server may know less than it has named: whatever `lacking` finds missing of all leaves of
   * this device is pending again.
   */
  compare(lacking: (leaves: Leaf[]) => Promise<Leaf[]>): Promise<void>;
}

const NOTHING: Kept = { acknowledged: 0, refused: [] };
const PAGE = 1000;
/** Askers that a refusal remembers. */
const MOST_ASKED = 50;

/** Revisions of a document that the server refused, as any tab may read them. */
export async function refusedRevisions(store: Store, id: string): Promise<ReadonlySet<string>> {
  const { refused } = await store.local<Kept>('outbox', NOTHING);
  return new Set(refused.filter((one) => one.id === id).map(({ rev }) => rev));
}

/** For the one tab that syncs. */
export function createOutbox(store: Store): Outbox {
  let kept = NOTHING;
  let scanned = 0;
  /** Local changes that are not known to be on the server: sequence → leaves. */
  const open = new Map<string, { leaf: Leaf; seq: number }>();
  /** Named or sent by the server, at or after the acknowledged sequence. */
  const there = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: sequence and lists change together. */
  const serial = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  };
  const isRefused = (leaf: Leaf) =>
    kept.refused.some(({ id, rev }) => id === leaf.id && rev === leaf.rev);

  /** The leaves that are not deleted. A tombstone is never ours to send: only the server deletes. */
  const alive = async ({ id, changes, deleted }: PouchDB.ChangeRow): Promise<Leaf[]> => {
    if (changes.length === 1) return deleted ? [] : changes.map(({ rev }) => ({ id, rev }));
    if (deleted) return [];
    return (await liveRevisions(store.db, id)).map((rev) => ({ id, rev }));
  };

  /** How far everything is settled; what lies behind need not be read again. */
  const settle = async (refused: Refusal[] = kept.refused) => {
    let acknowledged = scanned;
    for (const { seq } of open.values()) acknowledged = Math.min(acknowledged, seq - 1);
    if (acknowledged === kept.acknowledged && refused === kept.refused) return;
    kept = { acknowledged: Math.max(acknowledged, kept.acknowledged), refused };
    await store.setLocal('outbox', kept);
    if (open.size === 0) there.clear();
  };

  const read = async () => {
    for (;;) {
      const page = await store.db.changes({ since: scanned, limit: PAGE, style: 'all_docs' });
      for (const row of page.results) {
        const { id, seq } = row;
        if (id.startsWith('_design/')) continue;
        const leaves = await alive(row);
        // A newer change of a document stands for its older ones: their revisions are its history.
        const keys = new Set(leaves.map(keyOf));
        for (const [key, entry] of open) {
          if (entry.leaf.id === id && !keys.has(key)) open.delete(key);
        }
        for (const leaf of leaves) {
          const key = keyOf(leaf);
          if (there.has(key) || isRefused(leaf) || open.has(key)) continue;
          open.set(key, { leaf, seq });
        }
      }
      scanned = Math.max(scanned, Number(page.last_seq));
      if (page.results.length < PAGE) return;
    }
  };

  const list = () => [...open.values()].sort((a, b) => a.seq - b.seq).map(({ leaf }) => leaf);

  return {
    load: () =>
      serial(async () => {
        kept = await store.local<Kept>('outbox', NOTHING);
        scanned = kept.acknowledged;
        open.clear();
        there.clear();
      }),
    scan: () =>
      serial(async () => {
        await read();
        await settle();
        return list();
      }),
    pending: list,
    refused: () => kept.refused,
    received: (filled) =>
      serial(async () => {
        if (filled.fresh && filled.from === scanned && open.size === 0) {
          // Nothing of our own lies between: the batch is settled without being read.
          scanned = filled.to;
          await settle();
          return;
        }
        for (const doc of filled.docs) {
          const key = keyOf({ id: doc._id, rev: doc._rev as string });
          there.add(key);
          open.delete(key);
        }
      }),
    acknowledge: (leaves) =>
      serial(async () => {
        for (const leaf of leaves) {
          there.add(keyOf(leaf));
          open.delete(keyOf(leaf));
        }
        await settle();
      }),
    refuse: (refusals) =>
      serial(async () => {
        const fresh = refusals.filter((refusal) => !isRefused(refusal));
        for (const refusal of refusals) open.delete(keyOf(refusal));
        await settle(fresh.length ? [...kept.refused, ...fresh] : kept.refused);
      }),
    hold: (id, held, asker, made) =>
      serial(async () => {
        const before = kept.refused.filter((refusal) => refusal.id === id);
        const now = held.map(({ withdrawn, ...one }): Refusal => {
          const { part, rev } = one;
          const known = before.find(
            (entry) =>
              entry.part === part &&
              (part !== null || entry.rev === rev) &&
              // What was withdrawn, and is not any more, is refused anew.
              (withdrawn || !entry.withdrawn),
          );
          const asked = [...new Set([...(known?.asked ?? []), asker])].slice(-MOST_ASKED);
          const { at, problem } = known ?? made();
          return { id, ...one, at, problem, asked, ...(withdrawn && { withdrawn }) };
        });
        const gone = before.filter(({ problem }) => !now.some((one) => one.problem === problem));
        const others = kept.refused.filter((refusal) => refusal.id !== id);
        await settle([...others, ...now, ...gone]);
        return gone;
      }),
    drop: (refusals) =>
      serial(async () => {
        const gone = new Set(refusals.map(({ problem }) => problem));
        const refused = kept.refused.filter(({ problem }) => !gone.has(problem));
        if (refused.length < kept.refused.length) await settle(refused);
      }),
    askAgain: (id) =>
      serial(() =>
        settle(kept.refused.map((one) => (one.id === id ? { ...one, asked: [] } : one))),
      ),
    again: () =>
      serial(async () => {
        scanned = 0;
        open.clear();
        there.clear();
        kept = { ...kept, acknowledged: 0 };
        await store.setLocal('outbox', kept);
      }),
    compare: (lacking) =>
      serial(async () => {
        let since = 0;
        let { acknowledged } = kept;
        for (;;) {
          const page = await store.db.changes({ since, limit: PAGE, style: 'all_docs' });
          const seqs = new Map<string, number>();
          const leaves: Leaf[] = [];
          for (const row of page.results) {
            if (row.id.startsWith('_design/')) continue;
            for (const leaf of await alive(row)) {
              if (isRefused(leaf)) continue;
              leaves.push(leaf);
              seqs.set(keyOf(leaf), row.seq);
            }
          }
          for (const leaf of leaves.length ? await lacking(leaves) : []) {
            const key = keyOf(leaf);
            const seq = seqs.get(key) as number;
            there.delete(key);
            // What was not read yet is found by the next scan.
            if (seq <= scanned && !open.has(key)) open.set(key, { leaf, seq });
            acknowledged = Math.min(acknowledged, seq - 1);
          }
          since = Number(page.last_seq);
          if (page.results.length < PAGE) break;
        }
        if (acknowledged === kept.acknowledged) return;
        kept = { ...kept, acknowledged };
        await store.setLocal('outbox', kept);
      }),
  };
}
