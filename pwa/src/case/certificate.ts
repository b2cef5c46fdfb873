/** The certificate that a child holds (接种证): one at a time. */
import { type ChildDoc, type EventOf, standing } from './document.ts';

export type Certificate = EventOf<'certificate'>;

/** What became of each booklet: number → its last event, in the order of recording. */
export function certificatesOf(child: ChildDoc): Map<string, Certificate> {
  const last = new Map<string, Certificate>();
  for (const { event } of standing(child, 'certificate')) {
    last.delete(event.number);
    last.set(event.number, event);
  }
  return last;
}

/** The booklet issued last that was neither lost nor given back; null when there is none. */
export function certificateOf(child: ChildDoc): Certificate | null {
  return [...certificatesOf(child).values()].findLast(({ state }) => state === 'issued') ?? null;
}
