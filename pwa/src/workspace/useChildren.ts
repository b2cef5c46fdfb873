/** The children of the clinic, for pages (儿童个案). */
import { type ComputedRef, computed } from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { findOnServer } from './lookup.ts';
import type { Repository } from './repository.ts';
import type { ChildRow } from './row.ts';
import { childrenVersion, opened, syncStatus, workspace } from './workspace.ts';

export type { ChildRow } from './row.ts';

export interface UseChildren {
  /** Children on this device. */
  count: ComputedRef<number>;
  /** Raised at each change; for computed values over the functions below. */
  version: Readonly<{ value: number }>;
  /** At once, from memory. */
  search(query: string, limit?: number): ChildRow[];
  /**
   * Also asks the server, and brings what it finds: by card, child code, ID number or full name.
   * For while the first load goes on, and for children of other clinics' cards. Empty offline.
   */
  searchServer(query: string): Promise<ChildRow[]>;
  /** The child who holds a card; asks the server while not all children are here. */
  byCard(card: string): Promise<string | null>;
  /** The child whose card it was, before it was reported lost or taken back (挂失). */
  formerHolder(card: string): ChildRow | null;
  row(id: string): ChildRow | null;
  /** All that are on this device, for lists that look at each. */
  rows(): ChildRow[];
  /** The child with all its versions merged; null when it is not here. */
  get(id: string): Promise<ChildDoc | null>;
  /** The same at once, where it was just read (before its page opens) and has not changed since. */
  atHand(id: string): ChildDoc | null;
  /**
   * Children with an 应种日 from `from` to `to`, both inclusive; with `besides` also of the schedules
   * that are offered besides the programme.
   */
  due(from: string, to: string, besides?: boolean): ChildRow[];
}

export function useChildren(): UseChildren {
  const current = () => {
    void childrenVersion.value;
    return workspace.value?.index ?? null;
  };
  const searchServer = (query: string) => findOnServer(opened(), query);
  return {
    count: computed(() => current()?.size() ?? 0),
    version: childrenVersion,
    search: (query, limit) => current()?.search(query, limit) ?? [],
    searchServer,
    async byCard(card) {
      const { index, engine } = opened();
      const here = index.byCard(card);
      if (here !== null || engine.status().complete) return here;
      await searchServer(card);
      return index.byCard(card);
    },
    // Asked for a card that nobody holds, which is seldom: looking through all rows will do.
    formerHolder: (card) =>
      current()
        ?.rows()
        .find((one) => one.former.includes(card)) ?? null,
    row: (id) => current()?.row(id) ?? null,
    rows: () => [...(current()?.rows() ?? [])],
    get: (id) => opened().get(id),
    atHand: (id) => workspace.value?.atHand(id) ?? null,
    due(from, to, besides) {
      const rows = current()?.due(from, to, besides) ?? [];
      if (!rows.some(({ left }) => left)) return rows;
      // A child that another clinic has received is let go once nothing of it is unsent here.
      const { pending, refused } = syncStatus.value;
      const unsent = new Set([...pending, ...refused].map(({ id }) => id));
      return rows.filter(({ left, id }) => !left || unsent.has(id));
    },
  };
}

/** What records; throws `NotOpen` when nobody of a clinic is logged in. */
export function useRepository(): Repository {
  return {
    addEvent: (id, event) => opened().repository.addEvent(id, event),
    addEvents: (id, events) => opened().repository.addEvents(id, events),
    setFacts: (id, patch) => opened().repository.setFacts(id, patch),
    warnings: (child, event) => opened().repository.warnings(child, event),
    record: (id, events, patch) => opened().repository.record(id, events, patch),
    register: (facts, card, provisional) => opened().repository.register(facts, card, provisional),
    void: (id, event, reason, note) => opened().repository.void(id, event, reason, note),
  };
}
