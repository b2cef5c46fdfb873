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

export interface Denial extends Leaf {
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
export type Held = Pick<Denial, 'rev' | 'part' | 'subject' | 'reason' | 'waits'> & {
  withdrawn: boolean;
};

interface Kept {
  /** Up to here every local change is on the server or refused. */
  acknowledged: number;
  refused: Denial[];
}

export interface Outbox {
  /** Takes up what was written down, by this tab or by the one that synced before it. */
  load(): Promise<void>;
  /** Reads on, and tells what is pending, the oldest first. */
  scan(): Promise<Leaf[]>;
  pending(): Leaf[];
  refused(): Denial[];
  /** Revisions that came from the server. */
  received(filled: Filled): Promise<void>;
  /** The server named these. */
  acknowledge(leaves: readonly Leaf[]): Promise<void>;
  /** The server refused these; they stay here, and are not sent again for whoever asked. */
  refuse(denials: readonly Denial[]): Promise<void>;
  /**
   * `asker` has asked again for everything of a document that was refused: this is what still is.
   * Returns the denials that are none any more; they are kept until they are dropped.
   */
  hold(
    id: string,
    held: readonly Held[],
    asker: string,
    made: () => Pick<Denial, 'at' | 'problem'>,
  ): Promise<Denial[]>;
  /** These are settled, and that was reported. */
  drop(denials: readonly Denial[]): Promise<void>;
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
/** Askers that a denial remembers. */
const MOST_ASKED = 50;

/** Revisions of a document that the server refused, as any tab may read them. */
export async function refusedRevisions(store: Store, id: string): Promise<ReadonlySet<string>> {
  const { refused } = await store.local<Kept>('outbox', NOTHING);
  return new Set(refused.filter((one) => one.id === id).map(({ rev }) => rev));
}

/** The leaves that are not deleted. A tombstone is never ours to send: only the server deletes. */
async function alive(store: Store, { id, changes, deleted }: PouchDB.ChangeRow): Promise<Leaf[]> {
  if (changes.length === 1) return deleted ? [] : changes.map(({ rev }) => ({ id, rev }));
  if (deleted) return [];
  return (await liveRevisions(store.db, id)).map((rev) => ({ id, rev }));
}

/** Each document that has changed after a local sequence, with its leaves, page by page. */
async function* changesAfter(store: Store, since: number) {
  for (let at = since; ; ) {
    const page = await store.db.changes({ since: at, limit: PAGE, style: 'all_docs' });
    const rows: { id: string; seq: number; leaves: Leaf[] }[] = [];
    for (const row of page.results) {
      if (row.id.startsWith('_design/')) continue;
      rows.push({ id: row.id, seq: row.seq, leaves: await alive(store, row) });
    }
    at = Math.max(at, Number(page.last_seq));
    yield { rows, seq: at };
    if (page.results.length < PAGE) return;
  }
}

/** What is refused of a document, now that `asker` has asked for all of it; what was known stays as it was. */
function heldNow(
  id: string,
  before: readonly Denial[],
  held: readonly Held[],
  asker: string,
  made: () => Pick<Denial, 'at' | 'problem'>,
): Denial[] {
  return held.map(({ withdrawn, ...one }): Denial => {
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
}

/** One piece of work after the other. */
function createTurns() {
  let turn: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => {});
    return next;
  };
}

/** What of the local changes is not known to be on the server. */
interface Book {
  kept: Kept;
  scanned: number;
  /** Local changes that are not known to be on the server: leaf → sequence. */
  open: Map<string, { leaf: Leaf; seq: number }>;
  /** Named or sent by the server, at or after the acknowledged sequence. */
  there: Set<string>;
}

const isRefused = ({ kept }: Book, leaf: Leaf) =>
  kept.refused.some(({ id, rev }) => id === leaf.id && rev === leaf.rev);

/** Reads on to the end of the local changes. */
async function readOn(store: Store, book: Book): Promise<void> {
  const { open, there } = book;
  for await (const { rows, seq: until } of changesAfter(store, book.scanned)) {
    for (const { id, seq, leaves } of rows) {
      // A newer change of a document stands for its older ones: their revisions are its history.
      const keys = new Set(leaves.map(keyOf));
      for (const [key, entry] of open) {
        if (entry.leaf.id === id && !keys.has(key)) open.delete(key);
      }
      for (const leaf of leaves) {
        const key = keyOf(leaf);
        if (there.has(key) || isRefused(book, leaf) || open.has(key)) continue;
        open.set(key, { leaf, seq });
      }
    }
    book.scanned = Math.max(book.scanned, until);
  }
}

/** Takes back what the server lacks of all leaves that are here. */
async function compareAll(
  store: Store,
  book: Book,
  lacking: (leaves: Leaf[]) => Promise<Leaf[]>,
): Promise<void> {
  const { open, there, scanned } = book;
  let { acknowledged } = book.kept;
  for await (const { rows } of changesAfter(store, 0)) {
    const all = rows.flatMap(({ seq, leaves }) => leaves.map((leaf) => ({ leaf, seq })));
    const asked = all.filter(({ leaf }) => !isRefused(book, leaf));
    const seqs = new Map(asked.map(({ leaf, seq }) => [keyOf(leaf), seq]));
    for (const leaf of asked.length ? await lacking(asked.map(({ leaf }) => leaf)) : []) {
      const key = keyOf(leaf);
      const seq = seqs.get(key) as number;
      there.delete(key);
      // What was not read yet is found by the next scan.
      if (seq <= scanned && !open.has(key)) open.set(key, { leaf, seq });
      acknowledged = Math.min(acknowledged, seq - 1);
    }
  }
  if (acknowledged === book.kept.acknowledged) return;
  book.kept = { ...book.kept, acknowledged };
  await store.setLocal('outbox', book.kept);
}

/** For the one tab that syncs. */
export function createOutbox(store: Store): Outbox {
  const book: Book = { kept: NOTHING, scanned: 0, open: new Map(), there: new Set() };
  const { open, there } = book;
  /** Sequence and lists change together. */
  const serial = createTurns();

  /** How far everything is settled; what lies behind need not be read again. */
  const settle = async (refused: Denial[] = book.kept.refused) => {
    let acknowledged = book.scanned;
    for (const { seq } of open.values()) acknowledged = Math.min(acknowledged, seq - 1);
    if (acknowledged === book.kept.acknowledged && refused === book.kept.refused) return;
    book.kept = { acknowledged: Math.max(acknowledged, book.kept.acknowledged), refused };
    await store.setLocal('outbox', book.kept);
    if (open.size === 0) there.clear();
  };

  const list = () => [...open.values()].sort((a, b) => a.seq - b.seq).map(({ leaf }) => leaf);

  return {
    load: () =>
      serial(async () => {
        book.kept = await store.local<Kept>('outbox', NOTHING);
        book.scanned = book.kept.acknowledged;
        open.clear();
        there.clear();
      }),
    scan: () =>
      serial(async () => {
        await readOn(store, book);
        await settle();
        return list();
      }),
    pending: list,
    refused: () => book.kept.refused,
    received: (filled) =>
      serial(async () => {
        if (filled.fresh && filled.from === book.scanned && open.size === 0) {
          // Nothing of our own lies between: the batch is settled without being read.
          book.scanned = filled.to;
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
    refuse: (denials) =>
      serial(async () => {
        const fresh = denials.filter((denial) => !isRefused(book, denial));
        for (const denial of denials) open.delete(keyOf(denial));
        await settle(fresh.length ? [...book.kept.refused, ...fresh] : book.kept.refused);
      }),
    hold: (id, held, asker, made) =>
      serial(async () => {
        const { refused } = book.kept;
        const before = refused.filter((denial) => denial.id === id);
        const now = heldNow(id, before, held, asker, made);
        const gone = before.filter(({ problem }) => !now.some((one) => one.problem === problem));
        const others = refused.filter((denial) => denial.id !== id);
        await settle([...others, ...now, ...gone]);
        return gone;
      }),
    drop: (denials) =>
      serial(async () => {
        const gone = new Set(denials.map(({ problem }) => problem));
        const refused = book.kept.refused.filter(({ problem }) => !gone.has(problem));
        if (refused.length < book.kept.refused.length) await settle(refused);
      }),
    askAgain: (id) =>
      serial(() =>
        settle(book.kept.refused.map((one) => (one.id === id ? { ...one, asked: [] } : one))),
      ),
    again: () =>
      serial(async () => {
        book.scanned = 0;
        open.clear();
        there.clear();
        book.kept = { ...book.kept, acknowledged: 0 };
        await store.setLocal('outbox', book.kept);
      }),
    compare: (lacking) => serial(() => compareAll(store, book, lacking)),
  };
}
