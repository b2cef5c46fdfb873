/** The doses of a visit at the injection desk: the one at hand, walked through up to its record. */

import { computed, ref } from 'vue';
import type { NewEvent } from '../case/document.ts';
import { useClock } from '../clock/useClock.ts';
import { useForecast } from '../forecast/useForecast.ts';
import { isSwiped, swiped } from '../guardian/certificate.ts';
import { useFreshness } from '../status/useFreshness.ts';
import { useLots } from '../stock/useStock.ts';
import { type ItemsInput, useItems } from './useItems.ts';
import { useVials } from './useVials.ts';
import { useWarnings, type WarningsInput } from './useWarnings.ts';
import { aboutOf, doseEvent, type Item, type Need, needs } from './visit.ts';
import { type Look, nextLook, ticked, type Walk } from './walk.ts';

export function useGiving(input: ItemsInput & WarningsInput) {
  const { child, visit, forecast } = input;
  const { today } = useClock();
  const { forecaster } = useForecast();
  const lots = useLots(null);
  const lotsOf = (vaccine: string) => lots.value.filter((lot) => lot.vaccine === vaccine);

  const selected = ref('');
  const reason = ref('');
  const tried = ref(false);
  const freshness = useFreshness(child);
  const { items, change } = useItems(input);
  const warnings = useWarnings(input, items, freshness, lotsOf);
  const { scan, scanned, specOf } = useVials(items, lotsOf, (item, patch) => {
    change(item, patch);
    selected.value = item.key;
  });

  const current = computed(
    () => items.value.find(({ key }) => key === selected.value) ?? items.value[0] ?? null,
  );
  const walk = computed((): Walk => {
    const { looked = [], traceCode = '' } = current.value ?? {};
    const isHere = isSwiped(swiped.value, child()._id, Date.now());
    return {
      precheck: visit.value.precheck?.event.passed === true,
      swiped: isHere,
      scanned: traceCode !== '',
      looked,
    };
  });
  const look = computed(() => (current.value ? nextLook(walk.value) : null));
  const about = computed(() => (current.value ? aboutOf(current.value, warnings.value) : []));
  const open = computed((): Need[] =>
    current.value ? needs(current.value, warnings.value, reason.value) : [],
  );

  /** The dose at hand as it is recorded. */
  function event(item: Item): NewEvent<'dose'> {
    const schedule = forecaster.value?.schedule;
    const plan = schedule && {
      schedule: schedule.name,
      edition: schedule.edition,
      before: forecast(),
    };
    return doseEvent(item, lotsOf, {
      date: today(),
      plan: plan ?? null,
      consent: visit.value.consents.get(item.vaccine) ?? null,
      spec: specOf(item),
      warnings: warnings.value,
      reason: reason.value,
    });
  }

  /** Looks at the next thing; true when it was the last, and the dose is to be recorded. */
  function lookedAt(): boolean {
    const [item, what] = [current.value, look.value];
    if (!item || !what) return false;
    tried.value = what !== 'booklet' && open.value.length > 0;
    if (tried.value) return false;
    const looked: Look[] = [...item.looked, what];
    items.value = items.value.map((one) => (one.key === item.key ? { ...one, looked } : one));
    return nextLook({ ...walk.value, looked }) === null;
  }

  return {
    items,
    current,
    selected,
    reason,
    scan,
    lotsOf,
    freshness,
    about,
    look,
    tick: computed(() => ticked(walk.value)),
    lacking: computed(() => (tried.value ? open.value : [])),
    change,
    scanned,
    event,
    lookedAt,
  };
}
