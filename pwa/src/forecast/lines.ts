/** Short texts about a child for lists and headers. */

import type { AgeParts } from '../ui/format';

type Translate = (key: string, params: Record<string, unknown>) => string;

/** 3岁2月, 8月5天, 12天: the two units that matter at an age. */
export function ageText(age: AgeParts | null, t: Translate): string {
  if (!age) return t('age.unknown', {});
  if (age.years > 0) return t(age.months ? 'age.yearsMonths' : 'age.years', { ...age });
  if (age.months > 0) return t(age.days ? 'age.monthsDays' : 'age.months', { ...age });
  return t('age.days', { ...age });
}

/** How urgent what is due is, as the class of its tag: overdue (逾期), due, or still to come. */
export function dueState(
  { nextDue, lateFrom }: { nextDue: string | null; lateFrom: string | null },
  today: string,
): 'warn' | 'good' | '' {
  if (nextDue === null || nextDue > today) return '';
  return lateFrom !== null && lateFrom <= today ? 'warn' : 'good';
}
