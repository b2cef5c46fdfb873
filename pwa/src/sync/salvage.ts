/**
 * Brings to the server what it takes of children's records that it refused (拆分上传). The server's
 * record is fetched, what the refused one holds beyond it is cut into parts (`division.ts`), and each
 * trial is a revision on top of the server's. What was taken is stored here too, so that wherever
 * this is broken off, the next run begins with what is left.
 */
import type PouchDB from 'pouchdb-core';
import { amended, type Measured } from '../case/amend.ts';
import { revisionOf } from '../case/computed.ts';
import type { ChildDoc } from '../case/document.ts';
import { mergeAll } from '../case/merge.ts';
import {
  type Division,
  divide,
  type Held,
  next,
  nothingOf,
  partsOf,
  refused,
  taken,
} from '../case/parts.ts';
import type { Store } from '../storage/store.ts';
import { createDelivery, type DeliveryOptions, keyOf } from './deliver.ts';
import type { Outbox } from './outbox.ts';
import { SyncFault } from './server.ts';

export interface SalvageOptions extends DeliveryOptions {
  store: Store;
  outbox: Pick<Outbox, 'received'>;
  /** The clock as it was measured last. */
  measured: () => Measured;
  /** Children of one request. */
  batch?: number;
}

/** A child whose record was refused, in one or more leaves. */
export interface RefusedChild {
  id: string;
  leaves: readonly ChildDoc[];
  /** Reasons of the parts that this account was refused before, by name: not asked for again. */
  known: ReadonlyMap<string, string>;
}

interface Work {
  division: Division;
  /** The revision that the next one is written on; null when the server knows no such child. */
  parent: string | null;
}

export interface Salvaged {
  /** What the server still refuses. */
  held: readonly Held[];
  /** The versions that were alive there when it was asked, with their histories. */
  there: readonly PouchDB.Doc[];
}

/**
 * What the server still refuses of each child, by id. A child that has several versions there is
 * left out: it is looked at again once the server has joined them.
 */
export async function salvage(
  options: SalvageOptions,
  children: readonly RefusedChild[],
  signal: AbortSignal,
): Promise<Map<string, Salvaged>> {
  const { batch = 50 } = options;
  const found = new Map<string, Salvaged>();
  for (let at = 0; at < children.length; at += batch) {
    const some = children.slice(at, at + batch);
    for (const [id, one] of await salvageSome(options, some, signal)) found.set(id, one);
  }
  return found;
}

async function salvageSome(
  options: SalvageOptions,
  children: readonly RefusedChild[],
  signal: AbortSignal,
): Promise<Map<string, Salvaged>> {
  const delivery = createDelivery(options, signal);
  const keep = async (docs: PouchDB.Doc[]) => {
    if (docs.length) await options.outbox.received(await options.store.accept(docs, false));
  };
  const there = await serverLeaves(options, children, signal);
  await keep([...there.values()].flat());
  const works = new Map<string, Work>();
  for (const { id, leaves, known } of children) {
    const alive = (there.get(id) ?? []).filter((doc) => !doc._deleted);
    if (alive.length > 1) continue;
    const [top] = alive;
    const base = top ? mergeAll([top as unknown as ChildDoc]) : nothingOf(id);
    const right = leaves.map((leaf) => amended(leaf, base, options.measured()));
    works.set(id, {
      division: divide(base, partsOf(base, right), known),
      parent: (top?._rev as string | undefined) ?? null,
    });
  }
  for (;;) {
    const trials = new Map<string, PouchDB.Doc>();
    for (const [id, { division, parent }] of works) {
      const record = next(division);
      if (record) trials.set(id, await revisionOf(record, parent));
    }
    if (trials.size === 0) break;
    const verdicts = await delivery.send([...trials.values()]);
    const accepted: PouchDB.Doc[] = [];
    for (const [id, doc] of trials) {
      const { division } = works.get(id) as Work;
      const rev = doc._rev as string;
      const verdict = verdicts.get(keyOf({ id, rev }));
      if (verdict?.is === 'there') {
        accepted.push(doc);
        works.set(id, { division: taken(division), parent: rev });
      } else if (verdict?.is === 'refused') {
        const { parent } = works.get(id) as Work;
        works.set(id, { division: refused(division, verdict.reason), parent });
      }
    }
    await keep(accepted);
    delivery.settle();
  }
  return new Map(
    [...works].map(([id, { division }]) => {
      const alive = (there.get(id) ?? []).filter((doc) => !doc._deleted);
      return [id, { held: division.held, there: alive }];
    }),
  );
}

/** All leaves that the server has of these children, with their histories. */
async function serverLeaves(
  { server, remote, heard }: SalvageOptions,
  children: readonly RefusedChild[],
  signal: AbortSignal,
): Promise<Map<string, PouchDB.Doc[]>> {
  const answer = await server.json<{
    results: { id: string; docs: { ok?: PouchDB.Doc; error?: { error?: string } }[] }[];
  }>(`${remote}/_bulk_get?revs=true`, {
    method: 'POST',
    body: { docs: children.map(({ id }) => ({ id })) },
    signal,
  });
  if (!Array.isArray(answer?.results)) {
    throw new SyncFault('server', 'The answer is not a list of documents.', 200);
  }
  heard?.();
  const found = new Map<string, PouchDB.Doc[]>();
  for (const { id, docs } of answer.results) {
    for (const { ok, error } of docs) {
      if (ok) found.set(id, [...(found.get(id) ?? []), ok]);
      else if (error?.error !== 'not_found') {
        throw new SyncFault('server', `The server does not show ${id}.`, 200);
      }
    }
  }
  return found;
}
