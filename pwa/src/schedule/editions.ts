/** Which edition (版次) of a programme applies to whom, and when. */
import { parseDay } from './3.4-dates.ts';
import type { Day, IsoDate, Schedule } from './types.ts';

const dayOr = (text: IsoDate | undefined, otherwise: Day): Day =>
  (text === undefined ? null : parseDay(text)) ?? otherwise;

/**
 * The edition for a child on a day: of those that are for children of that birth date and already
 * in force, the newest. A superseded one is only chosen when nothing newer is for the child.
 * Null when there is none.
 */
export function chooseEdition(
  schedules: readonly Schedule[],
  birth: Day,
  asOf: Day,
): Schedule | null {
  let chosen: Schedule | null = null;
  for (const schedule of schedules) {
    const { births, effective } = schedule;
    if (birth < dayOr(births?.from, birth) || birth > dayOr(births?.to, birth)) continue;
    if (dayOr(effective, asOf) > asOf) continue;
    if (chosen === null || effective > chosen.effective) chosen = schedule;
  }
  return chosen;
}
