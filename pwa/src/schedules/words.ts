/** Lengths of time and problems of the schedules in plain words. */

import { useI18n } from 'vue-i18n';
import { useLabels } from '../catalog/labels';
import type { Problem } from '../schedule/index.ts';

export function useScheduleWords(): {
  /** `2 months` in the language of the page; other texts stay as they are. */
  span(text: string | null): string;
  problem(problem: Problem): string;
} {
  const { t } = useI18n();
  const { groupName } = useLabels();

  function span(text: string | null): string {
    if (text === null) return '';
    return text.replace(/(\d+) (day|week|month|year)s?/g, (_, count: string, unit: string) =>
      t(`rules.span.${unit}`, { count }),
    );
  }

  function problem({ code, params }: Problem): string {
    const told = Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        name,
        name === 'antigen' || name === 'group' ? groupName(String(value)) : span(String(value)),
      ]),
    );
    return t(`rules.problem.${code}`, told);
  }

  return { span, problem };
}
