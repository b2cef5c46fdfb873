/** The doses that are still to be given of a visit, with what was entered of each. */

import { type ComputedRef, type Ref, ref, watch } from 'vue';
import type { DayVisit } from '../case/visit.ts';
import { useCatalog } from '../catalog/index.ts';
import { oppositeSite, usageOf } from '../catalog/vaccines.ts';
import { type Item, newItem, spreadSites } from './visit.ts';

export interface ItemsInput {
  visit: ComputedRef<DayVisit>;
  /** Which group and dose of the plan a vaccine is. */
  planned: (vaccine: string) => { group: string; target: number | null };
}

const same = (one: readonly string[], other: readonly string[]) => one.join() === other.join();

export function useItems({ visit, planned }: ItemsInput) {
  const { entries } = useCatalog();
  const items: Ref<Item[]> = ref([]);
  const opposite = (site: string) => oppositeSite(site, entries('body-site'));

  // What was entered of a dose stays while it is among those that are open.
  watch(
    () => visit.value.open,
    (open) => {
      const before = items.value.map(({ vaccine }) => vaccine);
      if (same(before, open)) return;
      const fresh = open.map(
        (vaccine) =>
          items.value.find((item) => item.vaccine === vaccine) ??
          newItem({ ...planned(vaccine), vaccine }, usageOf(entries('vaccine')[vaccine])),
      );
      const given = visit.value.doses.map(({ event }) => event.body_site ?? '');
      items.value = spread(fresh, given);
    },
    { immediate: true },
  );

  /** Sites never doubled: neither with each other nor with what was given a moment ago. */
  function spread(list: Item[], taken: readonly string[]): Item[] {
    const before = taken.map(
      (bodySite, n): Item => ({
        ...newItem({ group: `given${n}`, target: null, vaccine: '' }, usageOf(undefined)),
        bodySite,
      }),
    );
    return spreadSites([...before, ...list], opposite).slice(before.length);
  }

  function change({ key }: Item, patch: Partial<Item>): void {
    items.value = items.value.map((item) => {
      if (item.key !== key) return item;
      // What was looked at was another vial, or another way to give it.
      const isOther = 'lot' in patch || 'traceCode' in patch;
      const kept = isOther
        ? item.looked.filter((one) => one === 'booklet')
        : item.looked.filter((one) => one !== 'given');
      return { ...item, looked: kept, ...patch };
    });
  }

  return { items, change };
}
