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
  voided,
} from '../case/document.ts';
import { isCalendarDate, parseIdNumber } from '../case/idnumber.ts';
import { union } from '../case/joined.ts';
import { readLeaves } from '../case/leaves.ts';
import type { Lot, LotId } from '../case/lots.ts';
import { merge, mergeAll } from '../case/merge.ts';
import type { Clock } from '../clock/clock.ts';
import { Fault } from '../storage/fault.ts';
import type { Store } from '../storage/store.ts';

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
  /** A lot as the ledger of this clinic has it; null when it does not know the lot. */
  lotOf?: (id: LotId) => Lot | null;
  /** The cases that are one child with this one (合并个案), itself among them. */
  members?: (id: string) => readonly string[];
  /** Revisions of a case that the server refused: nothing is written upon them that can stand elsewhere. */
  refused?: (id: string) => Promise<ReadonlySet<string>>;
  /** Resolves when the index has seen the write. */
  seen?: () => Promise<void>;
}

const DATED: ReadonlySet<string> = new Set(['date']);
const FORMS: { [F in FactName]?: RegExp } = {
  phone: /^[0-9+ -]{5,20}$/,
  phone_2: /^[0-9+ -]{5,20}$/,
  child_code: /^\d{18}$/,
  site: /^\d{10}$/,
};
const CARD = /^\d{6,37}$/;

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

export function createRepository(options: RepositoryOptions): Repository {
  const { store, clock, ulid, author, holder, numbered } = options;

  const members = (id: string) => options.members?.(id) ?? [id];
  const isOther = (found: string | null, id: string): found is string =>
    found !== null && !members(id).includes(found);

  const seniorOnly = (id: string) => {
    if (!options.senior()) throw new Fault('NeedsSenior', { id });
  };

  const checkDate = (field: string, date: string, today: string) => {
    if (!isCalendarDate(date)) throw new Fault('BadDate', { field, date });
    if (date > today) throw new Fault('DateInFuture', { field, date });
  };

  const checkEvent = (child: ChildDoc, event: NewEvent, today: string) => {
    const birth = fact(child, 'birth_date');
    for (const [field, value] of Object.entries(event)) {
      if (DATED.has(field) && typeof value === 'string') checkDate(field, value, today);
    }
    if ('date' in event && birth !== null && event.date < birth) {
      throw new Fault('BeforeBirth', { date: event.date, birth });
    }
    if (event.kind === 'dose') {
      if (birth === null) throw new Fault('NoBirthDate');
      if (event.origin === 'given') {
        if (!event.lot) throw new Fault('NoLot');
        if (event.expiry && event.expiry < event.date) {
          throw new Fault('LotExpired', { lot: event.lot, expiry: event.expiry });
        }
        const lot = options.lotOf?.(event) ?? null;
        if (lot !== null && lot.balance <= 0)
          throw new Fault('LotEmpty', { lot: event.lot, balance: lot.balance });
      }
    }
    if (event.kind === 'void') {
      const target = child.events[event.target];
      if (!target || voided(child).has(event.target)) {
        throw new Fault('UnknownEvent', { id: event.target });
      }
      if (target.by !== author.by) seniorOnly(event.target);
    }
    if (event.kind === 'same_as' || event.kind === 'not_same_as') seniorOnly(child._id);
    if (event.kind === 'card') {
      if (!CARD.test(event.number)) throw new Fault('BadValue', { field: 'card' });
      const other = event.state === 'issued' ? holder.card(event.number) : null;
      if (isOther(other, child._id)) throw new Fault('CardTaken', { id: other });
    }
  };

  const checkFacts = (id: string, patch: FactsPatch, today: string) => {
    for (const [field, value] of Object.entries(patch)) {
      if (value === null || value === undefined || value === '') continue;
      const form = FORMS[field as FactName];
      if (form && !form.test(String(value))) throw new Fault('BadValue', { field });
      if (typeof value === 'string' && value.length > (field === 'remark' ? 2000 : 200)) {
        throw new Fault('BadValue', { field });
      }
    }
    if (patch.birth_date) checkDate('birth_date', patch.birth_date, today);
    for (const field of ['id_number', 'mother_id_number'] as const) {
      const value = patch[field];
      if (value && !parseIdNumber(value)) throw new Fault('BadIdNumber', { field });
    }
    if (patch.id_number) {
      const other = holder.idNumber(patch.id_number);
      if (isOther(other, id)) throw new Fault('IdNumberTaken', { id: other });
    }
  };

  const withProvenance = (event: NewEvent, at: string): ChildEvent =>
    ({
      ...compact(event),
      at,
      by: author.by,
      station: author.station,
      site: author.site,
      offset_ms: clock.offset(),
      app: author.app,
    }) as ChildEvent;

  const changedFacts = (child: ChildDoc, patch: FactsPatch, at: string): Facts => {
    const facts: Record<string, unknown> = {};
    for (const [field, given] of Object.entries(patch)) {
      const value = given === '' || given === undefined ? null : given;
      if (value === fact(child, field as FactName)) continue;
      const known = child.facts[field as FactName]?.at ?? '';
      facts[field] = { value, at: known < at ? at : justAfter(known), by: author.by };
    }
    return facts as Facts;
  };

  /** Writes `change` over what is there now; again when another tab was quicker. */
  const write = async (
    id: string,
    change: (
      child: ChildDoc,
      at: string,
      today: string,
    ) => Pick<ChildDoc, 'facts' | 'events'> | null,
  ): Promise<ChildDoc> => {
    clock.recording();
    for (;;) {
      const all = await Promise.all(members(id).map((one) => readLeaves(store.db, one)));
      const cases = all.filter((leaves) => leaves.length > 0);
      const own = cases.find(([winner]) => winner?._id === id) ?? cases[0];
      if (!own) throw new Fault('UnknownChild', { id });
      const child = union(cases.map((leaves) => mergeAll(leaves)));
      const added = change(child, clock.instant(), clock.today());
      if (!added) return { ...child, _rev: (own[0] as ChildDoc)._rev as string };
      const leaf = await leafFor(own, cases.flat(), added.events);
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

  /**
   * The leaf to write on: the winner, or the one in which stands what is added: a void beside its
   * target, a receipt beside a release that it answers. One that the server refused would take along
   * what is added now, so it comes last.
   */
  const leafFor = async (
    own: readonly ChildDoc[],
    leaves: readonly ChildDoc[],
    events: ChildDoc['events'],
  ): Promise<ChildDoc> => {
    const added = Object.values(events);
    const released = (leaf: ChildDoc, id: string) => {
      const step = leaf.events[id];
      return step?.kind === 'move' && step.step === 'released';
    };
    const holds = (leaf: ChildDoc) =>
      added.every((event) => {
        if (event.kind === 'void') return event.target in leaf.events;
        if (event.kind !== 'move' || event.step !== 'received') return true;
        return event.answers === undefined || event.answers.some((id) => released(leaf, id));
      });
    const pick = async (some: readonly ChildDoc[]) => {
      const [first] = some;
      if (!first || some.length === 1) return first;
      const refused = (await options.refused?.(first._id)) ?? new Set();
      return some.find(({ _rev }) => !refused.has(_rev as string)) ?? first;
    };
    return (await pick(own.filter(holds))) ?? leaves.find(holds) ?? ((await pick(own)) as ChildDoc);
  };

  const addEvents = (id: string, events: readonly NewEvent[]) =>
    write(id, (child, at, today) => {
      for (const event of events) checkEvent(child, event, today);
      return {
        facts: {},
        events: Object.fromEntries(events.map((event) => [ulid(), withProvenance(event, at)])),
      };
    });

  return {
    addEvents,
    addEvent: (id, event) => addEvents(id, [event as NewEvent]),
    setFacts: (id, patch) =>
      write(id, (child, at, today) => {
        checkFacts(id, patch, today);
        const facts = changedFacts(child, patch, at);
        return Object.keys(facts).length ? { facts, events: {} } : null;
      }),
    record: (id, events, patch) =>
      write(id, (child, at, today) => {
        for (const event of events) checkEvent(child, event, today);
        checkFacts(id, patch, today);
        return {
          facts: changedFacts(child, patch, at),
          events: Object.fromEntries(events.map((event) => [ulid(), withProvenance(event, at)])),
        };
      }),
    async register(patch, card, provisional = false) {
      clock.recording();
      const id = `child:${ulid()}`;
      const at = clock.instant();
      const today = clock.today();
      if (!patch.name) throw new Fault('Missing', { field: 'name' });
      if (!patch.birth_date) throw new Fault('Missing', { field: 'birth_date' });
      checkFacts(id, patch, today);
      const empty: ChildDoc = { _id: id, type: 'child', facts: {}, events: {} };
      const events: NewEvent[] = card ? [{ kind: 'card', number: card, state: 'issued' }] : [];
      if (provisional) events.push({ kind: 'visit', date: today, provisional });
      for (const event of events) checkEvent(empty, event, today);
      return numbered(Number(patch.birth_date.slice(0, 4)), async (code) => {
        const all: FactsPatch = { ...patch, site: author.site, ...(code && { child_code: code }) };
        const child: ChildDoc = {
          ...empty,
          facts: changedFacts(empty, all, at),
          events: Object.fromEntries(events.map((event) => [ulid(), withProvenance(event, at)])),
        };
        const { rev } = await store.put(child);
        await options.seen?.();
        return { ...child, _rev: rev };
      });
    },
    void: (id, target, reason, note) =>
      addEvents(id, [{ kind: 'void', target, reason, ...(note && { note }) } as NewEvent]),
  };
}
