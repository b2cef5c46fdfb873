/**
 * From an 应种日 to a day on which the clinic vaccinates (门诊日): never earlier than due, never a
 * closed day. Without rules every day that is not closed will do.
 */

import type { Settings } from '../models/generated.ts';
import { dateOf, dayOf } from '../ui/format.ts';

/** How far ahead a day is looked for; a clinic without a session in that time gets the due day. */
const HORIZON_DAYS = 92;

/** ISO weekday, 1 = Monday. */
function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** The first clinic day for a vaccine group and a committee on or after a date. */
export function clinicDay(
  from: string,
  settings: Pick<Settings, 'clinic_days' | 'closed_days'> | null,
  about: { group?: string; committee?: string | null } = {},
): string {
  const start = dayOf(from);
  if (start === null || !settings) return from;
  const closed = new Set(settings.closed_days ?? []);
  const rules = (settings.clinic_days ?? []).filter(
    (rule) =>
      (!rule.vaccine || rule.vaccine === about.group) &&
      (!rule.committee || rule.committee === about.committee),
  );
  // A rule for this vaccine or committee goes before one for all.
  const special = rules.filter((rule) => rule.vaccine || rule.committee);
  const valid = special.length ? special : rules;
  for (let day = start; day < start + HORIZON_DAYS; day++) {
    const date = dateOf(day);
    if (closed.has(date)) continue;
    const fits = valid.some(
      (rule) =>
        rule.weekdays?.includes(weekday(day)) || rule.month_days?.includes(Number(date.slice(8))),
    );
    if (valid.length === 0 || fits) return date;
  }
  return from;
}
