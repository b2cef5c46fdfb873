/** What speaks against the doses of a visit, judged anew whenever one of them changes. */

import { type ComputedRef, computed, type Ref } from 'vue';
import { type ChildDoc, standing } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import type { DayVisit } from '../case/visit.ts';
import { useCatalog } from '../catalog/index.ts';
import { oppositeSite } from '../catalog/vaccines.ts';
import { useClock } from '../clock/useClock.ts';
import { useForecast } from '../forecast/useForecast.ts';
import type { Forecast } from '../schedule/types.ts';
import type { Freshness } from '../status/freshness.ts';
import { dayOf } from '../ui/format.ts';
import { useRepository } from '../workspace/useChildren.ts';
import { doseOf, type Item, reactionsOf, type Warning, warningsOf, withItems } from './visit.ts';

export interface WarningsInput {
  child: () => ChildDoc;
  visit: ComputedRef<DayVisit>;
  forecast: () => Forecast | null;
  /** What is said of the visit beside what the doses say. */
  extra: () => readonly Warning[];
}

export function useWarnings(
  { child, visit, forecast, extra }: WarningsInput,
  items: Readonly<Ref<Item[]>>,
  freshness: ComputedRef<Freshness>,
  lotsOf: (vaccine: string) => readonly Lot[],
): ComputedRef<Warning[]> {
  const { entries } = useCatalog();
  const { today } = useClock();
  const { forecastOf, forecaster } = useForecast();
  const { warnings: against } = useRepository();

  const judged = computed(() => forecastOf(withItems(child(), items.value, today())));
  return computed((): Warning[] => {
    const { event } = visit.value.precheck ?? {};
    const ofToday = standing(child(), 'dose').filter(({ event: one }) => one.date === today());
    const found = warningsOf({
      precheck: event ? { degrees: event.temperature ?? null, passed: event.passed } : null,
      items: items.value,
      before: forecast(),
      judged: judged.value,
      contraindications: standing(child(), 'contraindication')
        .filter(({ event: one }) => !one.until || one.until >= today())
        .map(({ event: one }) => ({ code: one.code, vaccine: one.vaccine ?? null })),
      reactions: reactionsOf(child()),
      givenToday: ofToday.map(({ event: one }) => one.vaccine),
      givenSites: ofToday.map(({ event: one }) => one.body_site ?? ''),
      isInjected: (site) => oppositeSite(site, entries('body-site')) !== null,
      stale: freshness.value.stale ? freshness.value : null,
      against: (item) => against(child(), doseOf(item, today(), lotsOf)),
      elsewhere: freshness.value.elsewhere.length > 0,
      limits: {
        day: dayOf(today()) ?? 0,
        rule: forecaster.value?.schedule.visit,
        routeOf: (code) => forecaster.value?.schedule.vaccines[code]?.route,
      },
    });
    return items.value.length > 0 ? [...found, ...extra()] : found;
  });
}
