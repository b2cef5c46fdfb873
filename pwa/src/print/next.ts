/** The next appointment (下次预约): the day that is recorded, else proposed, and what is due by then. */

import type { NextVisit } from '../appointments/useBooking.ts';
import type { Plan } from '../forecast/plan.ts';

export interface Appointment {
  /** The clinic day to come on. */
  date: string;
  part: NextVisit['part'];
  /** It stands in the record; a notice prints no other. */
  isBooked: boolean;
  groups: { group: string; target: number; recommended: string; pastDue: string | null }[];
}

/**
 * What to come back for: everything that is due by the day, so that the family comes once. What is due
 * already but was not given today is asked for then.
 */
export function comingBy(plan: Plan, today: string, date: string): Appointment['groups'] {
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
  return [...left, ...coming.filter((one) => one.recommended <= date)];
}
