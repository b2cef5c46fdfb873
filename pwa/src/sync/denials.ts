/**
 * What becomes of denials (被拒内容的处理). A denial holds for the account that asked: for another
 * one, such as a senior who may void a colleague's record, and on another day, the server is asked
 * once more. Of a child
 * only what is really refused stays refused (`salvage.ts`); what was settled is reported and ends.
 */
import type PouchDB from 'pouchdb-core';
import type { Measured } from '../case/amend.ts';
import { isOf, tombstoneOf } from '../case/computed.ts';
import { type ChildDoc, isChildId, voided } from '../case/document.ts';
import { readLeaves } from '../case/leaves.ts';
import { mergeAll } from '../case/merge.ts';
import { holds, nothingOf, type Part, partsOf, readName } from '../case/parts.ts';
import { liveRevisions } from '../storage/revisions.ts';
import { createDelivery, keyOf } from './deliver.ts';
import type { Denial, Held } from './outbox.ts';
import { type PushOptions, readLeafDocs } from './push.ts';
import { salvage } from './salvage.ts';

export interface TendOptions extends PushOptions {
  /** The clock as it was measured last. */
  measured: () => Measured;
  /** Reports what is refused, and what is not any more; true when something was written. */
  report: (refused: readonly Denial[], settled: readonly Denial[]) => Promise<boolean>;
}

/** A child of which something is refused, as this device has it. */
export interface Standing {
  /** Its leaves that the server refused. */
  refused: ChildDoc[];
  others: ChildDoc[];
  /** The parts that none of the others holds, by name. */
  parts: ReadonlyMap<string, Part>;
  /** ULIDs of the events that a person has voided. */
  gone: ReadonlySet<string>;
}

/** How a child stands, by all its leaves here and the revisions of it that were refused. */
export function standingOf(leaves: readonly ChildDoc[], revisions: ReadonlySet<string>): Standing {
  const isRefused = ({ _rev }: ChildDoc) => _rev !== undefined && revisions.has(_rev);
  const refused = leaves.filter(isRefused);
  const others = leaves.filter((leaf) => !isRefused(leaf));
  const gone = voided(mergeAll(leaves));
  const [first] = refused;
  if (!first) return { refused, others, parts: new Map(), gone };
  const base = others.length ? mergeAll(others) : nothingOf(first._id);
  const parts = new Map(partsOf(base, refused).map((part) => [part.name, part]));
  return { refused, others, parts, gone };
}

/**
 * Names of the refused parts that a person has taken back. A void of what the server never had goes
 * with it; one of what the server has does not, and somebody has to act upon its denial.
 */
function withdrawnOf(parts: readonly Part[], gone: ReadonlySet<string>): Set<string> {
  const withdrawn = new Set<string>();
  for (const { name, events, needs } of parts) {
    if (Object.keys(events).some((id) => gone.has(id)) || needs.some((one) => withdrawn.has(one))) {
      withdrawn.add(name);
    }
  }
  return withdrawn;
}

/** Is the server to be asked (again) for what is refused of a child? */
export function isDue(entries: readonly Denial[], standing: Standing, asker: string): boolean {
  const { parts, gone } = standing;
  const refused = entries.flatMap(({ part }) => (part && parts.get(part)) || []);
  const now = withdrawnOf(refused, gone);
  return entries.some(
    ({ part, asked, waits, withdrawn = false }) =>
      part === null ||
      !asked.includes(asker) ||
      // What it waited for has come another way.
      isOver(waits, standing) ||
      // It has come another way, or a later value has taken its place.
      !parts.has(part) ||
      now.has(part) !== withdrawn,
  );
}

function isOver(waits: string | undefined, { parts }: Standing): boolean {
  return waits !== undefined && !parts.has(waits);
}

function subjectOf(name: string, events: ChildDoc['events']): string {
  const part = readName(name);
  return 'fact' in part ? part.fact : (events[part.event]?.kind ?? '');
}

/** Reasons of the parts that this account was refused, by name. */
function knownTo(
  entries: readonly Denial[],
  asker: string,
  standing: Standing,
): Map<string, string> {
  return new Map(
    entries.flatMap(({ part, reason, asked, waits }) =>
      part !== null && asked.includes(asker) && !isOver(waits, standing)
        ? [[part, reason] as const]
        : [],
    ),
  );
}

/** Looks at all denials, and asks the server where that is due. True when a report was written. */
export async function tend(options: TendOptions, signal: AbortSignal): Promise<boolean> {
  const { outbox } = options;
  const byId = new Map<string, Denial[]>();
  for (const denial of outbox.refused()) {
    byId.set(denial.id, [...(byId.get(denial.id) ?? []), denial]);
  }
  if (byId.size === 0) return false;
  const children = [...byId].filter(([id]) => isChildId(id));
  const others = [...byId].filter(([id]) => !isChildId(id));
  const settled = [
    ...(await tendChildren(options, children, signal)),
    ...(await tendOthers(
      options,
      others.flatMap(([, entries]) => entries),
      signal,
    )),
  ];
  // Reported first and forgotten then: whatever breaks off between is reported again, which is one.
  const done = new Set(settled.map(({ problem }) => problem));
  const still = outbox.refused().filter(({ problem }) => !done.has(problem));
  const reported = await options.report(still, settled);
  await outbox.drop(settled);
  return reported;
}

async function tendChildren(
  options: TendOptions,
  children: readonly [string, Denial[]][],
  signal: AbortSignal,
): Promise<Denial[]> {
  const { store, outbox, instant, ulid, asker } = options;
  const made = () => ({ at: instant(), problem: ulid() });
  const settled: Denial[] = [];
  const due = new Map<string, { standing: Standing; known: Map<string, string> }>();
  const pending = new Set(outbox.pending().map(({ id }) => id));
  for (const [id, entries] of children) {
    const leaves = await readLeaves(store.db, id);
    const standing = standingOf(leaves, new Set(entries.map(({ rev }) => rev)));
    if (standing.refused.length > 0) {
      if (isDue(entries, standing, asker()))
        due.set(id, { standing, known: knownTo(entries, asker(), standing) });
    } else if (!pending.has(id)) {
      // A later version holds all of it, and the server has that.
      settled.push(...(await outbox.hold(id, [], asker(), made)));
    }
  }
  const asked = [...due].map(([id, { standing, known }]) => ({
    id,
    leaves: standing.refused,
    known,
  }));
  for (const [id, { held, there }] of await salvage(options, asked, signal)) {
    const { refused, gone } = (due.get(id) as { standing: Standing }).standing;
    const withdrawn = withdrawnOf(
      held.map(({ part }) => part),
      gone,
    );
    const still = held.map(
      ({ part: { name, events }, reason, waits }): Held => ({
        subject: subjectOf(name, events),
        rev: (refused.find((leaf) => holds(leaf, name)) ?? refused[0])?._rev as string,
        part: name,
        reason,
        ...(waits && { waits }),
        withdrawn: withdrawn.has(name),
      }),
    );
    settled.push(...(await outbox.hold(id, still, asker(), made)));
    const kept = new Set(still.map(({ rev }) => rev));
    const ended: PouchDB.Doc[] = [];
    for (const leaf of refused) {
      const rev = leaf._rev as string;
      // One that the server has taken meanwhile, from another tablet, is the version that stands.
      if (!kept.has(rev) && !there.some((doc) => isOf(doc, rev))) {
        ended.push(await tombstoneOf(leaf));
      }
    }
    if (ended.length) await outbox.received(await store.accept(ended, false));
  }
  return settled;
}

async function tendOthers(
  options: TendOptions,
  denials: readonly Denial[],
  signal: AbortSignal,
): Promise<Denial[]> {
  const { store, outbox, instant, ulid, asker } = options;
  const ids = new Set(denials.filter(({ asked }) => !asked.includes(asker())).map(({ id }) => id));
  const due = denials.filter(({ id }) => ids.has(id));
  if (due.length === 0) return [];
  const delivery = createDelivery(options, signal);
  const verdicts = await delivery.send(await readLeafDocs(store, due));
  const settled: Denial[] = [];
  for (const id of new Set(due.map((denial) => denial.id))) {
    const entries = due.filter((denial) => denial.id === id);
    if (entries.some((entry) => (verdicts.get(keyOf(entry))?.is ?? 'open') === 'open')) continue;
    const leaves = await liveRevisions(store.db, id);
    const still = entries.flatMap((entry): Held[] => {
      const verdict = verdicts.get(keyOf(entry));
      // A later version stands for this one.
      if (verdict?.is !== 'refused' || !leaves.includes(entry.rev)) return [];
      const { rev, part, subject } = entry;
      return [{ rev, part, subject, reason: verdict.reason, withdrawn: false }];
    });
    settled.push(
      ...(await outbox.hold(id, still, asker(), () => ({ at: instant(), problem: ulid() }))),
    );
  }
  delivery.settle();
  return settled;
}
