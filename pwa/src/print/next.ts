/** The next appointment (下次预约): the nearest 应种日 of the programme, moved to a clinic day. */

import type { Places } from '../appointments/places.ts';
import type { Plan } from '../forecast/plan.ts';
import { dateOf, dayOf } from '../ui/format.ts';

/** How far ahead a session is looked for; where there is none, the day that it is due must do. */
const HORIZON_DAYS = 92;

export interface Appointment {
  /** The clinic day to come on. */
  date: string;
  groups: { group: string; target: number; recommended: string; pastDue: string | null }[];
}

/**
 * What to come back for: everything that is due by the chosen day, so that the family comes once.
 * What is due already but was not given today is asked for at the next session.
 */
export function nextAppointment(
  plan: Plan,
  today: string,
  places: Places | null,
  committee: string | null,
): Appointment | null {
  const left = plan.due.map(({ group, target, pastDue }) => ({
    group,
    target,
    recommended: today,
    pastDue,
  }));
  const coming = plan.notDue.flatMap(({ group, target, recommended, pastDue, optional }) =>
    !optional && target !== null && recommended !== null && recommended > today
      ? [{ group, target, recommended, pastDue }]
      : [],
  );
  const tomorrow = dateOf((dayOf(today) ?? 0) + 1);
  const first = left.length ? tomorrow : plan.next?.date;
  if (!first) return null;
  const lead = left[0] ?? coming.find((one) => one.recommended === first);
  const start = dayOf(first) ?? 0;
  const visitor = { committee, doses: [{ group: lead?.group ?? '' }] };
  const found = places?.first(start, start + HORIZON_DAYS, visitor);
  const date = found ? dateOf(found.day) : first;
  return { date, groups: [...left, ...coming.filter((one) => one.recommended <= date)] };
}
