/** Keeps `nextDue` of all children current while there is time to spare. */
import { watch } from 'vue';
import { deviceClock } from '../clock/useClock.ts';
import { syncStatus, workspace } from '../workspace/workspace.ts';
import { createDuePlanner } from './due.ts';
import { useForecast } from './useForecast.ts';

const SETTLE_MS = 1500;

/** Nobody has touched the tablet for so long. */
const QUIET_MS = 1000;
let touched = 0;

/** A moment in which nobody works and the browser has nothing to do. */
async function idle(): Promise<void> {
  for (;;) {
    const wait = touched + QUIET_MS - performance.now();
    if (touched === 0 || wait <= 0) break;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  await new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === 'function') {
      requestIdleCallback(() => resolve(), { timeout: 2000 });
    } else setTimeout(resolve, 50);
  });
}

function watchHands(): void {
  const touch = () => {
    touched = performance.now();
  };
  for (const kind of ['keydown', 'input', 'pointerdown', 'wheel']) {
    addEventListener(kind, touch, { capture: true, passive: true });
  }
}

let started = false;

/** Starts once; follows whoever is logged in. */
export function keepDueCurrent(): void {
  if (started) return;
  started = true;
  watchHands();
  const { forecaster } = useForecast();
  watch(
    [workspace, forecaster, () => syncStatus.value.complete],
    ([open, now, complete], _, onCleanup) => {
      // The first load has the tablet to itself.
      if (!open || !now || !complete) return;
      const planner = createDuePlanner({
        index: open.index,
        read: open.readAll,
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
