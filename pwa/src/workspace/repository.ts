/**
 * Records what happens to children (个案的登记与更新). Each call is one revision that is on the disk
 * when it resolves; the provenance is filled in here; what a form must not send is refused with a
 * {@link Fault}. A child in conflict is written on top of the winner, with nothing of the other leaves:
 * joining them is the server's, who may bring what a nurse may not, such as another's void.
 */

import {
  type ChildDoc,
  type ChildEvent,
  type EventKind,
  type FactName,
  type Facts,
  type FactsPatch,
  fact,
  type NewEvent,
} from '../case/document.ts';
import { union } from '../case/joined.ts';
import { readLeaves } from '../case/leaves.ts';
import type { Lot, LotId } from '../case/lots.ts';
import { merge, mergeAll } from '../case/merge.ts';
import type { Context } from '../case/rules/context.ts';
import { denialOf, warningsOf } from '../case/rules/rules.ts';
import type { Clock } from '../clock/clock.ts';
import type { DenialCode } from '../models/denials.ts';
import { Fault } from '../storage/fault.ts';
import type { Store } from '../storage/store.ts';
import { leafToWriteOn } from './leaf.ts';

export interface Repository {
  /** Adds one event. */
  addEvent<K extends EventKind>(childId: string, event: NewEvent<K>): Promise<ChildDoc>;
  /** Adds several at once: all of them or none. */
  addEvents(childId: string, events: readonly NewEvent[]): Promise<ChildDoc>;
  /** Sets fields of the card; only those that differ are written. */
  setFacts(childId: string, patch: FactsPatch): Promise<ChildDoc>;
  /** Adds events and sets fields in one revision: a step of a move and what follows from it. */
  record(childId: string, events: readonly NewEvent[], patch: FactsPatch): Promise<ChildDoc>;
  /**
   * A new child of this clinic, with a child code when the device holds one, and a card. With
   * `provisional` (临时建案) it is to be joined to the true case.
   */
  register(facts: FactsPatch, card?: string, provisional?: boolean): Promise<ChildDoc>;
  /** Codes that an event needs in its `override`, with a reason: it is against a rule, and may be done. */
  warnings(child: ChildDoc, event: NewEvent): DenialCode[];
  /** Voids an event that was a mistake (作废). */
  void(childId: string, eventId: string, reason: string, note?: string): Promise<ChildDoc>;
}

export interface RepositoryOptions {
  store: Store;
  clock: Clock;
  ulid: () => string;
  /** Who records, where and with what. */
  author: { by: string; station: string; site: string; app: string };
  /** Is the author 高级用户 or above? */
  senior: () => boolean;
  /** The child who holds a card, or an ID number; for refusing a second one. */
  holder: { card(number: string): string | null; idNumber(number: string): string | null };
  /** Runs `work` with the next free child code of a year of birth, or null when none is held. */
  numbered: <T>(year: number, work: (code: string | null) => Promise<T>) => Promise<T>;
  /** The vaccines of the catalog, each with its route. */
  routes?: () => Readonly<Record<string, string>> | undefined;
  /** A lot as the ledger of this clinic has it; null when it does not know the lot. */
  lotOf?: (id: LotId) => Lot | null;
  /** The cases that are one child with this one (合并个案), itself among them. */
  members?: (id: string) => readonly string[];
  /** Revisions of a case that the server refused: nothing is written upon them that can stand elsewhere. */
  refused?: (id: string) => Promise<ReadonlySet<string>>;
  /** Resolves when the index has seen the write. */
  seen?: () => Promise<void>;
}

/** What one revision adds to a child. */
type Added = Pick<ChildDoc, 'facts' | 'events'>;

/** Fields without a value are absent from a document, never null. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, field]) => field !== null && field !== undefined && field !== '',
    ),
  ) as T;
}

/** A millisecond later: what is written knowing the other edit comes after it, whatever the clock. */
const justAfter = (instant: string) => new Date(Date.parse(instant) + 1).toISOString();

/** Fields of the card that a patch changes, dated; what is written knowing a later value comes after it. */
function changedFacts(child: ChildDoc, patch: FactsPatch, at: string, by: string): Facts {
  const facts: Record<string, unknown> = {};
  for (const [field, given] of Object.entries(patch)) {
    const value = given === '' || given === undefined ? null : given;
    if (value === fact(child, field as FactName)) continue;
    const known = child.facts[field as FactName]?.at ?? '';
    facts[field] = { value, at: known < at ? at : justAfter(known), by };
  }
  return facts as Facts;
}

/** What the rules of recording ask of this device and its account, for one child. */
function contextOf(
  { members, routes, clock, author, senior, holder, lotOf }: RepositoryOptions,
  id: string,
): Context {
  const own = members?.(id) ?? [id];
  const isOther = (found: string | null) => found !== null && !own.includes(found);
  return {
    routes: routes?.(),
    isWhole: true,
    today: clock.today(),
    author: { by: author.by, senior: senior() },
    isTaken: {
      card: (number) => isOther(holder.card(number)),
      idNumber: (number) => isOther(holder.idNumber(number)),
    },
    ...(lotOf && { lotOf }),
  };
}

export function createRepository(options: RepositoryOptions): Repository {
  const { store, clock, ulid, author, numbered } = options;
  const refused = options.refused ?? (async () => new Set<string>());

  const members = (id: string) => options.members?.(id) ?? [id];
  const check = (before: ChildDoc, added: Added) => {
    const { _id } = before;
    const after = merge(before, { _id, type: 'child', ...added });
    const denial = denialOf(before, after, contextOf(options, _id));
    if (denial) throw new Fault('Denied', { ...denial });
  };

  /** Writes `change` over what is there now; again when another tab was quicker. */
  const write = async (
    id: string,
    change: (child: ChildDoc, at: string) => Added | null,
  ): Promise<ChildDoc> => {
    clock.recording();
    for (;;) {
      const all = await Promise.all(members(id).map((one) => readLeaves(store.db, one)));
      const cases = all.filter((leaves) => leaves.length > 0);
      const own = cases.find(([winner]) => winner?._id === id) ?? cases[0];
      if (!own) throw new Fault('UnknownChild', { id });
      const child = union(cases.map((leaves) => mergeAll(leaves)));
      const added = change(child, clock.instant());
      if (!added) return { ...child, _rev: (own[0] as ChildDoc)._rev as string };
      check(child, added);
      const leaf = await leafToWriteOn(own, cases.flat(), added.events, refused);
      const next = merge(leaf, { _id: leaf._id, type: 'child', ...added });
      try {
        const { rev } = await store.put({ ...next, _rev: leaf._rev as string });
        await options.seen?.();
        return { ...merge(child, { _id: child._id, type: 'child', ...added }), _rev: rev };
      } catch (error) {
        if ((error as { status?: number }).status !== 409) throw error;
      }
    }
  };

  const eventsOf = (events: readonly NewEvent[], at: string): ChildDoc['events'] => {
    const provenance = { at, ...author, offset_ms: clock.offset() };
    return Object.fromEntries(
      events.map((event) => [ulid(), { ...compact(event), ...provenance } as ChildEvent]),
    );
  };
  const factsOf = (child: ChildDoc, patch: FactsPatch, at: string) =>
    changedFacts(child, patch, at, author.by);

  const addEvents = (id: string, events: readonly NewEvent[]) =>
    write(id, (_, at) => ({ facts: {}, events: eventsOf(events, at) }));

  return {
    addEvents,
    addEvent: (id, event) => addEvents(id, [event as NewEvent]),
    setFacts: (id, patch) =>
      write(id, (child, at) => {
        const facts = factsOf(child, patch, at);
        return Object.keys(facts).length ? { facts, events: {} } : null;
      }),
    record: (id, events, patch) =>
      write(id, (child, at) => ({
        facts: factsOf(child, patch, at),
        events: eventsOf(events, at),
      })),
    async register(patch, card, provisional = false) {
      clock.recording();
      const at = clock.instant();
      const today = clock.today();
      for (const field of ['name', 'birth_date'] as const) {
        if (!patch[field])
          throw new Fault('Denied', { code: 'missing-field', part: `fact ${field}` });
      }
      const empty: ChildDoc = { _id: `child:${ulid()}`, type: 'child', facts: {}, events: {} };
      const events: NewEvent[] = card ? [{ kind: 'card', number: card, state: 'issued' }] : [];
      if (provisional) events.push({ kind: 'visit', date: today, provisional });
      const own = { ...patch, site: author.site };
      const added = { facts: factsOf(empty, own, at), events: eventsOf(events, at) };
      check(empty, added);
      const save = async (code: string | null) => {
        const facts = code === null ? {} : factsOf(empty, { child_code: code }, at);
        const child: ChildDoc = { ...empty, ...added, facts: { ...added.facts, ...facts } };
        const { rev } = await store.put(child);
        await options.seen?.();
        return { ...child, _rev: rev };
      };
      // 儿童编码 are children's: an adult claims no block of their year's numbers.
      if (patch.person === 'adult') return save(null);
      return numbered(Number(patch.birth_date?.slice(0, 4)), save);
    },
    warnings: (child, event) => warningsOf({ ...event }, child, contextOf(options, child._id)),
    void: (id, target, reason, note) =>
      addEvents(id, [{ kind: 'void', target, reason, ...(note && { note }) } as NewEvent]),
  };
}
