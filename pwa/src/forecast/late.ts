/**
 * From which day a dose is overdue (逾期): the day after the last on time, or, where the schedule names
 * none, a month after its 应种日. The child's page and the clinic's lists both ask here. The national
 * texts name no number; a month is what platforms take (facts: no numeric window found).
 */
import type { Day, GroupForecast } from '../schedule/types.ts';

/** Days after the 应种日, where the schedule does not say until when a dose is on time. */
export const GRACE_DAYS = 30;

/** Null for what is not due at all. */
export function overdueFrom({
  recommended,
  pastDue,
}: Pick<GroupForecast, 'recommended' | 'pastDue'>): Day | null {
  if (pastDue !== null) return pastDue + 1;
  return recommended === null ? null : recommended + GRACE_DAYS + 1;
}
