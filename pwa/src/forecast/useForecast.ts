/** What the schedules of the clinic say of a child, for pages. */
import type PouchDB from 'pouchdb-core';
import { type ComputedRef, computed, shallowRef } from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { catalogNow, useCatalog } from '../catalog/index.ts';
import { deviceClock } from '../clock/useClock.ts';
import type { Region, ScheduleDocument, Settings, Site } from '../models/generated.ts';
import type { Forecast, Options } from '../schedule/index.ts';
import { catalogVersion, documentsVersion, workspace } from '../workspace/workspace.ts';
import { createForecaster, type Forecaster, type ForecasterSettings } from './forecaster.ts';
import { placeOf, type Rule, rulesFor, type Skipped } from './local-rules.ts';

export interface UseForecast {
  /** Null while the settings or the schedules are not here, or for a child without a birth date. */
  forecastOf(child: ChildDoc, options?: Options & { asOf?: string }): Forecast | null;
  /** The schedules in use with the local rules of this day, compiled. */
  forecaster: ComputedRef<Forecaster | null>;
  /** Why there is none: a faulty schedule. */
  problem: ComputedRef<string | null>;
  /** Local rules and schedules that are faulty and left out. */
  skipped: ComputedRef<readonly Skipped[]>;
  /** The local rules that hold at the clinic today, in their order. */
  rules: ComputedRef<readonly Rule[]>;
}

const LOOK_MS = 60_000;
/** The day for which rules are chosen: one may begin or end while a tablet stays on. */
const day = shallowRef('');
let looking = false;

function today(): string {
  if (!looking) {
    looking = true;
    const look = () => {
      day.value = deviceClock().today();
    };
    look();
    setInterval(look, LOOK_MS);
  }
  return day.value;
}

const NONE: readonly Skipped[] = [];

const made = computed((): { forecaster: Forecaster | null; problem: string | null } => {
  void documentsVersion.value;
  const open = workspace.value;
  const settings = open?.documents.get<Settings>(`settings:${open.site}`);
  if (!settings) return { forecaster: null, problem: null };
  try {
    return { forecaster: compiled(settings), problem: null };
  } catch (error) {
    return { forecaster: null, problem: error instanceof Error ? error.message : String(error) };
  }
});

/** Settings and stock change far more often than schedules: the last compiled set is kept. */
let last: { from: string; forecaster: Forecaster | null } | null = null;

function compiled(settings: Settings & PouchDB.Meta): Forecaster | null {
  const { site, schedules, parameters = {}, _id, _rev = '' } = settings;
  const from = JSON.stringify([site, catalogVersion.value, today(), schedules, parameters]);
  if (last?.from !== from) {
    const local: ForecasterSettings = {
      schedules,
      parameters,
      rules: rulesHere(site),
      document: { id: _id, rev: _rev },
      revisions: Object.fromEntries(
        catalogNow()
          .all<ScheduleDocument>('schedule:')
          .map((doc) => [doc.name, doc._rev ?? '']),
      ),
    };
    last = { from, forecaster: createForecaster(useCatalog().schedules(), local) };
  }
  return last.forecaster;
}

/** The local rules that hold at a site today, in their order. */
function rulesHere(site: string): Rule[] {
  const catalog = catalogNow();
  const place = placeOf(site, {
    regionOf: (code) => catalog.get<Site>(`site:${code}`)?.region ?? null,
    parentOf: (code) => catalog.get<Region>(`region:${code}`)?.parent ?? null,
  });
  return rulesFor(catalog.all<Rule>('layer:'), place, today());
}

export function useForecast(): UseForecast {
  const forecaster = computed(() => made.value.forecaster);
  return {
    forecastOf: (child, { asOf, ...options } = {}) =>
      forecaster.value?.forecast(child, asOf ?? deviceClock().today(), options) ?? null,
    forecaster,
    problem: computed(() => made.value.problem),
    skipped: computed(() => forecaster.value?.skipped ?? NONE),
    rules: computed(() => (workspace.value ? rulesHere(workspace.value.site) : [])),
  };
}
