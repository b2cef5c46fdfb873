/** The clinic's settings (主控设置): edited in place, the only documents that are. */
import { type ComputedRef, computed } from 'vue';
import { FREE_PLACE, type VisitPlace } from '../case/visit.ts';
import { deviceClock } from '../clock/useClock.ts';
import type { Settings } from '../models/generated.ts';
import { documentsVersion, opened, workspace } from '../workspace/workspace.ts';

export type SettingsPatch = Partial<
  Omit<Settings, 'type' | 'site' | 'updated_at' | 'updated_by' | 'station'>
>;

/** The settings in force, null until they are here. */
export function useSettings(): ComputedRef<Settings | null> {
  return computed(() => {
    void documentsVersion.value;
    const open = workspace.value;
    return open?.documents.get<Settings>(`settings:${open.site}`) ?? null;
  });
}

/** What of the settings bears on a visit; of a clinic without settings, what the law says. */
export function useVisitPlace(): ComputedRef<VisitPlace> {
  const settings = useSettings();
  return computed(() => {
    const { paying, prices, observation_minutes } = settings.value ?? {};
    return {
      paying: paying ?? FREE_PLACE.paying,
      prices: prices ?? FREE_PLACE.prices,
      observationMinutes: observation_minutes ?? FREE_PLACE.observationMinutes,
    };
  });
}

/** Changes settings; another change at the same time is written over field by field. */
export async function saveSettings(patch: SettingsPatch): Promise<void> {
  const { documents, store, site, station, user } = opened();
  const clock = deviceClock();
  clock.recording();
  const _id = `settings:${site}`;
  for (;;) {
    const now = documents.get<Settings>(_id);
    try {
      await store.put({
        ...(now ?? { _id, type: 'settings', site, schedules: [] }),
        ...patch,
        updated_at: clock.instant(),
        updated_by: user.name,
        station,
      });
      return;
    } catch (error) {
      if ((error as { status?: number }).status !== 409) throw error;
      await opened().catchUp();
    }
  }
}
