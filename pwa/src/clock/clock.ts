/**
 * The time as the program takes it: the device's clock, put right by its last measured distance from
 * the server's. What the server has not vouched for since, a person does: the day is asked for.
 */
import { Fault } from '../storage/fault.ts';
import type { Keep } from '../storage/keep.ts';

export const WARN_MS = 10 * 60_000;
export const WRONG_MS = 24 * 60 * 60_000;

export interface ClockState {
  /**
   * `warn`: more than 10 minutes off; `ask`: nobody has vouched for the day yet; `wrong`: more than a
   * day off. In the last two nothing is recorded.
   */
  level: 'ok' | 'warn' | 'ask' | 'wrong';
  /**
   * Server time minus device time, in ms, when last measured; or how far the clock went back since
   * something was last recorded. Null when neither is known.
   */
  offsetMs: number | null;
  cause: 'none' | 'offset' | 'backwards' | 'day';
}

export interface Clock {
  /** Now in ms, as far as it is known. */
  now(): number;
  /** Now by the device's own clock, in ms: to measure with. */
  device(): number;
  /** Now, `2026-11-23T01:02:03.004Z`. */
  instant(): string;
  /** Today at the clinic, `YYYY-MM-DD`. */
  today(): string;
  /** Server time minus device time in ms; null when the server was never heard. */
  offset(): number | null;
  state(): ClockState;
  /** Takes a measurement: the server said `server` between the device's `sent` and `received`. */
  measured(server: string, sent: number, received: number): void;
  /** A person says that `today()` is right, where the server is not there to say it. */
  confirm(): void;
  /**
   * Remembers that something was recorded now; throws `ClockWrong` when recording must stop, and
   * `DayUnsure` until the day is confirmed.
   */
  recording(): void;
}

const OFFSET = 'miaopu.clock.offset';
const LAST = 'miaopu.clock.last';
/** The day that the server or a person has vouched for. */
const DAY = 'miaopu.clock.day';

/** Beijing time, which all of China keeps: what a tablet is set to does not move a clinic's day. */
export const ZONE = 'Asia/Shanghai';
const ZONE_MS = 8 * 60 * 60_000;

/** `YYYY-MM-DD` and `HH:MM` of a moment at the clinic. */
export function wallClock(ms: number): { date: string; time: string } {
  const [date = '', time = ''] = new Date(ms + ZONE_MS).toISOString().split('T');
  return { date, time: time.slice(0, 5) };
}

/** `YYYY-MM-DD` of a moment, at the clinic. */
export function localDate(ms: number): string {
  return wallClock(ms).date;
}

function kept(keep: Keep, key: string): number | null {
  const text = keep.getItem(key);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

export function createClock(
  keep: Keep,
  device: () => number = Date.now,
  changed: (state: ClockState) => void = () => {},
): Clock {
  const now = () => device() + (kept(keep, OFFSET) ?? 0);
  const today = () => localDate(now());
  const isUnsure = () => {
    const day = keep.getItem(DAY);
    return day !== null && day !== today();
  };
  const state = (): ClockState => {
    const offset = kept(keep, OFFSET);
    const last = kept(keep, LAST);
    const back = last === null ? 0 : last - device();
    // A clock that was set back since the last record is off by at least so much, whatever was
    // measured before.
    const [off, cause] =
      back > WARN_MS && back > Math.abs(offset ?? 0)
        ? [back, 'backwards' as const]
        : [offset, 'offset' as const];
    const size = Math.abs(off ?? 0);
    const level = size > WRONG_MS ? 'wrong' : size > WARN_MS ? 'warn' : 'ok';
    if (level !== 'wrong' && isUnsure()) return { level: 'ask', offsetMs: off, cause: 'day' };
    return { level, offsetMs: off, cause: level === 'ok' ? 'none' : cause };
  };
  return {
    now,
    device,
    instant: () => new Date(now()).toISOString(),
    today,
    offset: () => kept(keep, OFFSET),
    state,
    measured(server, sent, received) {
      const said = Date.parse(server);
      if (Number.isNaN(said)) throw new Error('The server did not tell its time.');
      keep.setItem(OFFSET, String(Math.round(said - (sent + received) / 2)));
      // The server's word settles a jump of the device's clock, and which day it is.
      keep.setItem(LAST, String(device()));
      keep.setItem(DAY, today());
      changed(state());
    },
    confirm() {
      keep.setItem(DAY, today());
      changed(state());
    },
    recording() {
      const seen = state();
      if (seen.level === 'wrong') {
        throw new Fault('ClockWrong', { minutes: Math.round((seen.offsetMs ?? 0) / 60_000) });
      }
      if (seen.level === 'ask') throw new Fault('DayUnsure', { date: today() });
      const last = kept(keep, LAST);
      if (last === null || device() > last) keep.setItem(LAST, String(device()));
    },
  };
}
