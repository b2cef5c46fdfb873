/** The next appointment (下次预约): the nearest 应种日 of the programme, moved to a clinic day. */

import type { Plan } from '../forecast/plan.ts';
import type { Settings } from '../models/generated.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import { clinicDay } from './appointment.ts';

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
  settings: Settings | null,
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
  const date = clinicDay(first, settings, { ...(lead && { group: lead.group }), committee });
  return { date, groups: [...left, ...coming.filter((one) => one.recommended <= date)] };
}
