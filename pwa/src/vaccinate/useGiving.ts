/** The doses of a visit at the injection desk: what is given next, its vial, its checks, its warnings. */

import { type ComputedRef, computed, type Ref, ref, shallowRef, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import { type ChildDoc, type NewEvent, standing } from '../case/document.ts';
import type { DayVisit } from '../case/visit.ts';
import { useCatalog } from '../catalog/index.ts';
import { useLabels } from '../catalog/labels.ts';
import { moreOf, oppositeSite, usageOf } from '../catalog/vaccines.ts';
import { useClock } from '../clock/useClock.ts';
import { useForecast } from '../forecast/useForecast.ts';
import { isSwiped, swiped } from '../guardian/certificate.ts';
import type { Forecast } from '../schedule/types.ts';
import { useFreshness } from '../status/useFreshness.ts';
import { perVialOf, useLots } from '../stock/useStock.ts';
import { dayOf } from '../ui/format.ts';
import { traceKnown } from '../workspace/traces.ts';
import { useRepository } from '../workspace/useChildren.ts';
import { judgeScan, type Scan } from './trace.ts';
import {
  aboutOf,
  doseEvent,
  doseOf,
  type Item,
  type Need,
  needs,
  newItem,
  reactionsOf,
  spreadSites,
  type Warning,
  warningsOf,
  withItems,
} from './visit.ts';
import { type Look, nextLook, ticked, type Walk } from './walk.ts';

export interface GivingInput {
  child: () => ChildDoc;
  visit: ComputedRef<DayVisit>;
  forecast: () => Forecast | null;
  /** What is said of the visit beside what the doses say. */
  extra: () => readonly Warning[];
  /** Which group and dose of the plan a vaccine is. */
  planned: (vaccine: string) => { group: string; target: number | null };
}

const same = (one: readonly string[], other: readonly string[]) => one.join() === other.join();

export function useGiving({ child, visit, forecast, extra, planned }: GivingInput) {
  const { t } = useI18n();
  const { entries } = useCatalog();
  const { vaccineName } = useLabels();
  const { today } = useClock();
  const { forecastOf, forecaster } = useForecast();
  const { warnings: ruleWarnings } = useRepository();
  const lots = useLots(null);
  const freshness = useFreshness(child);

  const items: Ref<Item[]> = ref([]);
  const selected = ref('');
  const reason = ref('');
  /** 规格 of the vials that were scanned, by the dose. */
  const specs = new Map<string, string>();
  const scan = shallowRef<{ bad: boolean; text: string } | null>(null);
  const tried = ref(false);

  const entry = (vaccine: string) => entries('vaccine')[vaccine];
  const lotsOf = (vaccine: string) => lots.value.filter((lot) => lot.vaccine === vaccine);
  const groupsOf = (vaccine: string) => moreOf(entry(vaccine)).groups ?? [];
  const opposite = (site: string) => oppositeSite(site, entries('body-site'));

  // What is still to be given; what was entered of a dose stays while it is among these.
  watch(
    () => visit.value.open,
    (open) => {
      const before = items.value.map(({ vaccine }) => vaccine);
      if (same(before, open)) return;
      const fresh = open.map(
        (vaccine) =>
          items.value.find((item) => item.vaccine === vaccine) ??
          newItem({ ...planned(vaccine), vaccine }, usageOf(entry(vaccine))),
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

  const current = computed(
    () => items.value.find(({ key }) => key === selected.value) ?? items.value[0] ?? null,
  );
  const judged = computed(() => forecastOf(withItems(child(), items.value, today())));
  const warnings = computed((): Warning[] => {
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
      isInjected: (site) => opposite(site) !== null,
      stale: freshness.value.stale ? freshness.value : null,
      against: (item) => ruleWarnings(child(), doseOf(item, today(), lotsOf)),
      elsewhere: freshness.value.elsewhere.length > 0,
      limits: {
        day: dayOf(today()) ?? 0,
        rule: forecaster.value?.schedule.visit,
        routeOf: (code) => forecaster.value?.schedule.vaccines[code]?.route,
      },
    });
    return items.value.length > 0 ? [...found, ...extra()] : found;
  });

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

  /** What is said of a scan, and what follows from it. */
  function take(code: string, found: Scan, spec: string | null): void {
    const name = 'vaccine' in found ? vaccineName(found.vaccine) : '';
    if (found.kind !== 'taken') {
      const kind = found.kind === 'unusable' && found.expired ? 'expired' : found.kind;
      const date = 'date' in found ? found.date : '';
      scan.value = { bad: true, text: t(`scan.${kind}`, { vaccine: name, date }) };
      return;
    }
    const item = items.value.find(({ key }) => key === found.key);
    if (!item) return;
    change(item, { traceCode: code, ...(found.lot && { lot: found.lot }) });
    selected.value = item.key;
    if (spec) specs.set(item.key, spec);
    const said = found.learned ? 'scan.learned' : 'scan.taken';
    scan.value = { bad: false, text: t(said, { vaccine: vaccineName(item.vaccine) }) };
  }

  async function scanned(code: string): Promise<void> {
    const known = await traceKnown(code);
    const doses = items.value;
    const found = judgeScan({ code, doses, known, lotsOf, perVial: perVialOf, today: today() });
    take(code, found, known.product?.spec ?? null);
  }

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
      spec: specs.get(item.key) ?? t('give.perVial', { count: perVialOf(item.lot) }),
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
    groupsOf,
    freshness,
    about,
    warnings,
    look,
    tick: computed(() => ticked(walk.value)),
    lacking: computed(() => (tried.value ? open.value : [])),
    change,
    scanned,
    event,
    lookedAt,
  };
}
