/** Keeps `nextDue` of all children current while there is time to spare. */
import { watch } from 'vue';
import { syncStatus, workspace } from '../accounts/workspace.ts';
import { deviceClock } from '../clock/useClock.ts';
import { createDuePlanner } from './due.ts';
import { readChildren } from './leaves.ts';
import { useForecast } from './useForecast.ts';

const SETTLE_MS = 1500;

const idle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === 'function') {
      requestIdleCallback(() => resolve(), { timeout: 2000 });
    } else setTimeout(resolve, 50);
  });

let started = false;

/** Starts once; follows whoever is logged in. */
export function keepDueCurrent(): void {
  if (started) return;
  started = true;
  const { forecaster } = useForecast();
  watch(
    [workspace, forecaster, () => syncStatus.value.complete],
    ([open, now, complete], _, onCleanup) => {
      // The first load has the tablet to itself.
      if (!open || !now || !complete) return;
      const planner = createDuePlanner({
        index: open.index,
        read: (ids) => readChildren(open.store.db, ids),
        today: deviceClock().today,
        idle,
      });
      let timer: ReturnType<typeof setTimeout> | undefined;
      let running = false;
      const run = async () => {
        timer = undefined;
        running = true;
        try {
          await planner.run(now);
        } catch (error) {
          open.store.report(error);
        } finally {
          running = false;
        }
      };
      const poke = () => {
        if (!running) timer ??= setTimeout(() => void run(), SETTLE_MS);
      };
      const unfollow = open.index.onChange(poke);
      poke();
      onCleanup(() => {
        clearTimeout(timer);
        unfollow();
        planner.stop();
      });
    },
    { immediate: true },
  );
}
