/** Pushes what the outbox holds: on the server, or refused and put aside with the server's reason. */
import type PouchDB from 'pouchdb-core';
import { type ChildDoc, isChildId } from '../case/document.ts';
import { holds } from '../case/parts.ts';
import type { Store } from '../storage/store.ts';
import { createDelivery, type DeliveryOptions, keyOf, type Leaf, leafOf } from './deliver.ts';
import type { Denial, Outbox } from './outbox.ts';
import { SyncFault } from './server.ts';

export interface PushOptions extends DeliveryOptions {
  store: Store;
  outbox: Outbox;
  /** Documents of one request. */
  batch?: number;
  /** Now by the device, and a new ULID. */
  instant: () => string;
  ulid: () => string;
  /** Who asks the server: a denial holds for that account, and another may be heard. */
  asker: () => string;
}

export interface Pushed {
  sent: number;
  refused: number;
}

/** These revisions with their histories; one that cannot be read is left out. */
export async function readLeafDocs(store: Store, leaves: readonly Leaf[]): Promise<PouchDB.Doc[]> {
  if (leaves.length === 0) return [];
  const { results } = await store.db.bulkGet({ docs: [...leaves], revs: true });
  return results.flatMap(({ docs }) => docs.flatMap(({ ok }) => (ok ? [ok] : [])));
}

/**
 * Why a version of a child is not sent: it holds what the server has refused to this account before.
 * Then it is taken apart at once.
 */
function knownDenial(doc: PouchDB.Doc, denials: readonly Denial[], asker: string): string | null {
  const { facts = {}, events = {} } = doc as Partial<ChildDoc>;
  const found = denials.find(
    ({ id, part, asked }) =>
      id === doc._id && part !== null && asked.includes(asker) && holds({ facts, events }, part),
  );
  return found?.reason ?? null;
}

/** Sends what is pending; resolves when all of it is on the server or refused. */
export async function push(options: PushOptions, signal: AbortSignal): Promise<Pushed> {
  const { store, outbox, batch = 200, instant, ulid, asker } = options;
  const delivery = createDelivery(options, signal);
  const result: Pushed = { sent: 0, refused: 0 };
  let unread = 0;
  let todo = await outbox.scan();
  while (todo.length > 0) {
    const leaves = todo.slice(0, batch);
    todo = todo.slice(batch);
    const missing = await delivery.missing(leaves);
    const missingKeys = new Set(missing.map(keyOf));
    const there = leaves.filter((leaf) => !missingKeys.has(keyOf(leaf)));
    if (there.length) await outbox.acknowledge(there);
    const docs = await readLeafDocs(store, missing);
    unread += missing.length - docs.length;
    const known = new Map(
      docs.flatMap((doc) => {
        const reason = knownDenial(doc, outbox.refused(), asker());
        return reason ? [[keyOf(leafOf(doc)), reason] as const] : [];
      }),
    );
    const verdicts = await delivery.send(docs.filter((doc) => !known.has(keyOf(leafOf(doc)))));
    for (const [key, reason] of known) verdicts.set(key, { is: 'refused', reason });
    const done = missing.filter((leaf) => verdicts.get(keyOf(leaf))?.is === 'there');
    result.sent += done.length;
    if (done.length) await outbox.acknowledge(done);
    const denials = missing.flatMap((leaf) => {
      const verdict = verdicts.get(keyOf(leaf));
      if (verdict?.is !== 'refused') return [];
      // A child is taken apart before the denial is final.
      const asked = isChildId(leaf.id) ? [] : [asker()];
      return [
        {
          ...leaf,
          part: null,
          subject: null,
          reason: verdict.reason,
          at: instant(),
          problem: ulid(),
          asked,
        },
      ];
    });
    result.refused += denials.length;
    if (denials.length) await outbox.refuse(denials);
  }
  if (unread > 0) throw new SyncFault('storage', `${unread} unsent writes cannot be read.`);
  delivery.settle();
  return result;
}

/** Takes back what was on the server and is not any more: it is pending again. */
export async function compare(options: PushOptions, signal: AbortSignal): Promise<void> {
  await options.outbox.compare(createDelivery(options, signal).missing);
}
