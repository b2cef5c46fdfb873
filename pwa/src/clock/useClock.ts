import { type ShallowRef, shallowRef } from 'vue';
import { type Clock, type ClockState, createClock } from './clock.ts';

const state = shallowRef<ClockState>({ level: 'ok', offsetMs: null, cause: 'none' });
let clock: Clock | null = null;

/** The clock of this device; made at the first call. */
export function deviceClock(): Clock {
  if (!clock) {
    clock = createClock(localStorage, Date.now, (now) => {
      state.value = now;
    });
    state.value = clock.state();
  }
  return clock;
}

export interface UseClock {
  /** Looked at again by `check` and after each word from the server. */
  state: Readonly<ShallowRef<ClockState>>;
  check(): ClockState;
  today(): string;
  instant(): string;
}

export function useClock(): UseClock {
  const now = deviceClock();
  return {
    state,
    check: () => {
      state.value = now.state();
      return state.value;
    },
    today: now.today,
    instant: now.instant,
  };
}
