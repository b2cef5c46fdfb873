/**
 * The outbox (待上传): which revisions that this device wrote the server has not named yet. It is
 * not a list that a crash could lose, but derived: whatever the local database has changed since
 * the last sequence that is wholly acknowledged, less what came from the server itself. Only what
 * the server refused is written down, together with that sequence, in `_local/outbox`.
 */
import type { Filled, Store } from '../storage/store.ts';

export interface Leaf {
  id: string;
  rev: string;
}

export interface Refusal extends Leaf {
  reason: string;
  /** By the device's clock. */
  at: string;
  /** The ULID under which it is reported. */
  problem: string;
}

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
  /** The server refused these; they stay here and are not sent again. */
  refuse(refusals: readonly Refusal[]): Promise<void>;
  /** The server has them after all, or a person wants them tried again. */
  release(leaves: readonly Leaf[]): Promise<void>;
  /** Compares everything of this device with the server again, from the beginning. */
  again(): Promise<void>;
  /**
   * The server may know less than it has named: whatever `lacking` finds missing of all leaves of
   * this device is pending again.
   */
  compare(lacking: (leaves: Leaf[]) => Promise<Leaf[]>): Promise<void>;
}

const PAGE = 1000;
const keyOf = ({ id, rev }: Leaf) => `${id} ${rev}`;

/** For the one tab that syncs. */
export function createOutbox(store: Store): Outbox {
  let kept: Kept = { acknowledged: 0, refused: [] };
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
      for (const { id, seq, changes } of page.results) {
        if (id.startsWith('_design/')) continue;
        // A newer change of a document stands for its older ones: their revisions are its history.
        const leaves = new Set(changes.map(({ rev }) => keyOf({ id, rev })));
        for (const [key, entry] of open) {
          if (entry.leaf.id === id && !leaves.has(key)) open.delete(key);
        }
        for (const { rev } of changes) {
          const leaf = { id, rev };
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
        kept = await store.local<Kept>('outbox', { acknowledged: 0, refused: [] });
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
    release: (leaves) =>
      serial(async () => {
        const keys = new Set(leaves.map(keyOf));
        const refused = kept.refused.filter((refusal) => !keys.has(keyOf(refusal)));
        if (refused.length === kept.refused.length) return;
        await settle(refused);
      }),
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
          for (const { id, seq, changes } of page.results) {
            if (id.startsWith('_design/')) continue;
            for (const { rev } of changes) {
              const leaf = { id, rev };
              if (isRefused(leaf)) continue;
              leaves.push(leaf);
              seqs.set(keyOf(leaf), seq);
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
