/** Keeps what guardians press on the evaluator, and sums up a day. */

import {
  type ComputedRef,
  computed,
  type MaybeRefOrGetter,
  onBeforeUnmount,
  onMounted,
  toValue,
} from 'vue';
import { deviceClock } from '../clock/useClock.ts';
import { useBridge } from '../devices/bridge.ts';
import type { Ratings } from '../models/generated.ts';
import { documentsVersion, opened, workspace } from '../workspace/workspace.ts';
import { isAnother, rated, type Summary, summary } from './ratings.ts';

const LAST = 'miaopu.rating.last';

/** Counts one press. A second window of this device hears it too, and finds it counted. */
async function count(score: number, at: string): Promise<void> {
  if (!isAnother(at, localStorage.getItem(LAST))) return;
  const open = opened();
  const clock = deviceClock();
  clock.recording();
  const provenance = open.provenance();
  const day = clock.today();
  const _id = `rating:${day}:${provenance.station}`;
  const known = open.documents.get<Ratings>(_id);
  const given = rated(known?.given ?? [], provenance.by, score);
  await open.store.put({ ...known, _id, type: 'rating', day, given, ...provenance });
  localStorage.setItem(LAST, at);
  await open.catchUp();
}

/** Listens to the evaluator while the calling component stands. */
export function useRatingKeys(): void {
  const { onRating } = useBridge();
  let stop: (() => void) | undefined;
  onMounted(() => {
    stop = onRating((score, at) => {
      const one = () => count(score, at);
      void (navigator.locks?.request('miaopu-rating', one) ?? one());
    });
  });
  onBeforeUnmount(() => stop?.());
}

/** What the clinic's desks were rated on a day. */
export function useDayRatings(day: MaybeRefOrGetter<string>): ComputedRef<Summary> {
  return computed(() => {
    void documentsVersion.value;
    const desks = workspace.value?.documents.all<Ratings>(`rating:${toValue(day)}:`) ?? [];
    return summary(desks);
  });
}
