import { type ShallowRef, shallowRef } from 'vue';
import { type Clock, type ClockState, createClock } from './clock.ts';

const TICK_MS = 30_000;

const state = shallowRef<ClockState>({ level: 'ok', offsetMs: null, cause: 'none' });
const now = shallowRef('');
let clock: Clock | null = null;

/** The clock of this device; made at the first call, and looked at again every half minute. */
export function deviceClock(): Clock {
  if (!clock) {
    const made = createClock(localStorage, Date.now, (seen) => {
      state.value = seen;
    });
    const look = () => {
      state.value = made.state();
      now.value = made.instant();
    };
    look();
    setInterval(look, TICK_MS);
    // A tablet that slept ran no timers.
    document.addEventListener('visibilitychange', look);
    clock = made;
  }
  return clock;
}

export interface UseClock {
  /** How far the clock is off, as far as is known. */
  state: Readonly<ShallowRef<ClockState>>;
  /** Now, to the half minute: for computed values that change as time goes by. */
  now: Readonly<ShallowRef<string>>;
  today(): string;
  instant(): string;
  /** A person says that today's date is right. */
  confirm(): void;
}

export function useClock(): UseClock {
  const { today, instant, confirm } = deviceClock();
  return { state, now, today, instant, confirm };
}
