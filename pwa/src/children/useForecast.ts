/** What the schedules of the clinic say of a child, for pages. */
import { type ComputedRef, computed } from 'vue';
import { catalogVersion, documentsVersion, workspace } from '../accounts/workspace.ts';
import { useCatalog } from '../catalog/index.ts';
import { deviceClock } from '../clock/useClock.ts';
import type { Settings } from '../models/generated.ts';
import type { Forecast, Options } from '../schedule/index.ts';
import type { ChildDoc } from './document.ts';
import { createForecaster, type Forecaster } from './forecaster.ts';

export interface UseForecast {
  /** Null while the settings or the schedules are not here, or for a child without a birth date. */
  forecastOf(child: ChildDoc, options?: Options & { asOf?: string }): Forecast | null;
  /** The schedules in use, compiled. */
  forecaster: ComputedRef<Forecaster | null>;
  /** Why there is none: a faulty schedule or parameter. */
  problem: ComputedRef<string | null>;
}

const made = computed((): { forecaster: Forecaster | null; problem: string | null } => {
  void documentsVersion.value;
  const open = workspace.value;
  const settings = open?.documents.get<Settings>(`settings:${open.site}`);
  if (!settings) return { forecaster: null, problem: null };
  try {
    return { forecaster: compiled(useCatalog().schedules(), settings), problem: null };
  } catch (error) {
    return { forecaster: null, problem: error instanceof Error ? error.message : String(error) };
  }
});

/** Settings and stock change far more often than schedules: the last compiled set is kept. */
let last: { from: string; forecaster: Forecaster | null } | null = null;

function compiled(
  schedules: ReturnType<ReturnType<typeof useCatalog>['schedules']>,
  settings: Settings,
): Forecaster | null {
  const from = JSON.stringify([
    catalogVersion.value,
    settings.schedules,
    settings.parameters ?? {},
  ]);
  if (last?.from !== from) last = { from, forecaster: createForecaster(schedules, settings) };
  return last.forecaster;
}

export function useForecast(): UseForecast {
  const forecaster = computed(() => made.value.forecaster);
  return {
    forecastOf: (child, { asOf, ...options } = {}) =>
      forecaster.value?.forecast(child, asOf ?? deviceClock().today(), options) ?? null,
    forecaster,
    problem: computed(() => made.value.problem),
  };
}
