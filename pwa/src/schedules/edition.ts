/** An edition of a schedule as a file holds it. Pure. */
import type { ScheduleDocument } from '../models/generated.ts';

/** The document of the engine's JSON (`Schedule` in schedule/types.ts); null when the text is none. */
export function editionFrom(text: string): ScheduleDocument | null {
  try {
    const schedule = JSON.parse(text) as Record<string, unknown> | null;
    const { name, edition, effective } = schedule ?? {};
    const named = [name, edition, effective].every((one) => typeof one === 'string' && one !== '');
    if (schedule === null || !named) return null;
    return {
      _id: `schedule:${name}`,
      type: 'schedule',
      name: String(name),
      edition: String(edition),
      effective: String(effective),
      schedule,
    };
  } catch {
    return null; // no JSON: the page says so
  }
}
