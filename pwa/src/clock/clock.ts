/**
 * The device's clock, and how far it is from the server's. Events carry the device's time and the
 * offset that was last measured; nothing here corrects a time behind a person's back.
 */
import { Fault } from '../storage/fault.ts';
import type { Keep } from '../storage/keep.ts';

export const WARN_MS = 10 * 60_000;
export const WRONG_MS = 24 * 60 * 60_000;

export interface ClockState {
  /** `warn`: more than 10 minutes off; `wrong`: more than a day, recording stops. */
  level: 'ok' | 'warn' | 'wrong';
  /**
   * Server time minus device time, in ms, when last measured; or how far the clock went back since
   * something was last recorded. Null when neither is known.
   */
  offsetMs: number | null;
  cause: 'none' | 'offset' | 'backwards';
}

export interface Clock {
  /** Now by the device, `2026-11-23T01:02:03.004Z`. */
  instant(): string;
  /** Today by the device, where it stands, `YYYY-MM-DD`. */
  today(): string;
  /** The server's time as far as it is known. */
  serverInstant(): string;
  /** Server time minus device time in ms; null when the server was never heard. */
  offset(): number | null;
  state(): ClockState;
  /** Takes a measurement: the server said `server` between the device's `sent` and `received`. */
  measured(server: string, sent: number, received: number): void;
  /** Remembers that something was recorded now; throws `ClockWrong` when recording must stop. */
  recording(): void;
}

const OFFSET = 'miaopu.clock.offset';
const LAST = 'miaopu.clock.last';

/** `YYYY-MM-DD` of a moment, in the device's time zone. */
export function localDate(ms: number): string {
  const date = new Date(ms);
  const pad = (n: number, width = 2) => String(n).padStart(width, '0');
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function kept(keep: Keep, key: string): number | null {
  const text = keep.getItem(key);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

export function createClock(
  keep: Keep,
  now: () => number = Date.now,
  changed: (state: ClockState) => void = () => {},
): Clock {
  const state = (): ClockState => {
    const offset = kept(keep, OFFSET);
    const last = kept(keep, LAST);
    const back = last === null ? 0 : last - now();
    // A clock that was set back since the last record is off by at least so much, whatever was
    // measured before.
    const [off, cause] =
      back > WARN_MS && back > Math.abs(offset ?? 0)
        ? [back, 'backwards' as const]
        : [offset, 'offset' as const];
    const size = Math.abs(off ?? 0);
    const level = size > WRONG_MS ? 'wrong' : size > WARN_MS ? 'warn' : 'ok';
    return { level, offsetMs: off, cause: level === 'ok' ? 'none' : cause };
  };
  return {
    instant: () => new Date(now()).toISOString(),
    today: () => localDate(now()),
    serverInstant: () => new Date(now() + (kept(keep, OFFSET) ?? 0)).toISOString(),
    offset: () => kept(keep, OFFSET),
    state,
    measured(server, sent, received) {
      const said = Date.parse(server);
      if (Number.isNaN(said)) throw new Error('The server did not tell its time.');
      keep.setItem(OFFSET, String(Math.round(said - (sent + received) / 2)));
      // The server's word settles a jump of the device's clock.
      keep.setItem(LAST, String(now()));
      changed(state());
    },
    recording() {
      const seen = state();
      if (seen.level === 'wrong') {
        throw new Fault('ClockWrong', { minutes: Math.round((seen.offsetMs ?? 0) / 60_000) });
      }
      const last = kept(keep, LAST);
      if (last === null || now() > last) keep.setItem(LAST, String(now()));
    },
  };
}
