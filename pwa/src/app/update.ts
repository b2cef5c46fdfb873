/** When a new version of the program is asked for (更新). */

/** 稍后 is an answer for so long. */
export const LATER_MS = 30 * 60_000;
/** A version that has waited for so long is not put off any more. */
export const NEEDED_MS = 24 * 60 * 60_000;

export type Asking =
  /** Asked for, and may be put off. */
  | 'open'
  /** Put off for a while. */
  | 'later'
  /** Stands until it is done. */
  | 'needed';

/** `since`: when the version was first there; `later`: when it was last put off. Instants in ms. */
export function askingAt(now: number, since: number, later: number | null): Asking {
  if (now - since >= NEEDED_MS) return 'needed';
  return later !== null && now - later < LATER_MS ? 'later' : 'open';
}
