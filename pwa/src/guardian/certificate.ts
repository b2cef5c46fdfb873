/** The certificate that lies on this desk (接种证在手): whose card was swiped here last, and when. */
import { shallowRef } from 'vue';

export interface Swiped {
  child: string;
  /** `Date.now()`. */
  at: number;
}

export const swiped = shallowRef<Swiped | null>(null);

/** After so long another family may stand at the desk. */
const AT_DESK_MS = 10 * 60_000;

export function noteSwiped(child: string): void {
  swiped.value = { child, at: Date.now() };
}

/** Was it this child's card that was swiped here, a short time ago? */
export const isSwiped = (seen: Swiped | null, child: string, now: number): boolean =>
  seen !== null && seen.child === child && now - seen.at < AT_DESK_MS;
