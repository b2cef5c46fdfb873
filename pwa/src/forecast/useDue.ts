/** Keeps `nextDue` of all children current while there is time to spare. */
import { type ShallowRef, shallowRef, watch } from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { deviceClock } from '../clock/useClock.ts';
import { syncStatus, workspace } from '../workspace/workspace.ts';
import { createDuePlanner, dueKey, duesOf } from './due.ts';
import type { Forecaster } from './forecaster.ts';
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

/** Computes a child that is put into the index. */
function atOnce(forecaster: Forecaster, today: () => string) {
  let [day, key] = ['', ''];
  return (child: ChildDoc) => {
    if (day !== today()) {
      day = today();
      key = dueKey(forecaster, day);
    }
    try {
      return { dueFor: key, ...duesOf(forecaster, child, day) };
    } catch {
      // A child must show also where the schedules fail; the planner comes to it, and tells.
      return null;
    }
  };
}

let started = false;

const left = shallowRef<number | null>(null);

/** How many children the lists of who is due still lack; null: it is not known yet. */
export function useDueCounting(): Readonly<ShallowRef<number | null>> {
  return left;
}

/** Starts once; follows whoever is logged in. */
export function keepDueCurrent(): void {
  if (started) return;
  started = true;
  watchHands();
  const { forecaster } = useForecast();
  const { today } = deviceClock();
  watch(
    [workspace, forecaster],
    ([open, now]) => {
      left.value = null;
      open?.index.forecastWith(now && atOnce(now, today));
    },
    { immediate: true, flush: 'sync' },
  );
  watch(
    [workspace, forecaster, () => syncStatus.value.complete],
    ([open, now, complete], _, onCleanup) => {
      // The first load has the tablet to itself.
      if (!open || !now || !complete) return;
      const planner = createDuePlanner({
        index: open.index,
        read: open.readAll,
        today,
        idle,
        counting: (children) => {
          left.value = children;
        },
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
      void run();
      onCleanup(() => {
        clearTimeout(timer);
        unfollow();
        planner.stop();
      });
    },
    { immediate: true },
  );
}
