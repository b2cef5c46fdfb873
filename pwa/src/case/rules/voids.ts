/** Which events were voided (作废): the one rule of it in TypeScript. */
import { isObject, type Json } from './context.ts';

/**
 * ULIDs that a standing void names, as a set. A void that was itself voided has no effect, and in a
 * circle of voids, which no honest device writes, none has.
 */
export function voidedIn(events: Json): Record<string, true> {
  const voids: [id: string, target: string][] = [];
  for (const id in events) {
    const event = events[id];
    if (isObject(event) && event.kind === 'void' && typeof event.target === 'string') {
      voids.push([id, event.target]);
    }
  }
  let gone: Record<string, true> = {};
  for (;;) {
    const more: Record<string, true> = {};
    for (const [id, target] of voids) {
      // A void stands once all that void it are gone.
      if (voids.every(([other, its]) => its !== id || gone[other] === true)) more[target] = true;
    }
    if (Object.keys(more).length === Object.keys(gone).length) return gone;
    gone = more;
  }
}
