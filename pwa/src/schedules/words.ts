/** Lengths of time, doses, rules and problems of the schedules in plain words. */

import { useI18n } from 'vue-i18n';
import { useLabels } from '../catalog/labels';
import type { LocalRule } from '../models/generated.ts';
import type { Problem, Schedule, SkipCondition } from '../schedule/index.ts';
import type { DoseRow, SeriesRows } from './rows';
import { ruleText } from './rule-words';

export function useScheduleWords(): {
  /** `2 months` in the language of the page; other texts stay as they are. */
  span(text: string | null): string;
  /** As a length of time, not as an age: `2个月`, `3年`. */
  length(text: string | null): string;
  problem(problem: Problem): string;
  /** For whom a series is, and by what it differs from the routine. */
  series(rows: SeriesRows, schedule: Schedule): string;
  /** For whom a dose is, or is not. */
  whom(row: DoseRow, schedule: Schedule): string[];
  /** What a local rule changes, with its values. */
  rule(layer: LocalRule, schedules: readonly Schedule[]): string;
} {
  const { t, locale } = useI18n();
  const { groupName, vaccineName, label } = useLabels();
  const lang = () => (locale.value === 'en' ? 'en' : 'zh');
  const units = (text: string | null, words: string): string =>
    (text ?? '').replace(/(\d+) (day|week|month|year)s?/g, (_, count: string, unit: string) =>
      t(`rules.${words}.${unit}`, { count }),
    );
  const span = (text: string | null) => units(text, 'span');
  const length = (text: string | null) => units(text, 'length');
  const or = (texts: readonly string[]) => texts.join(t('plan.or'));

  function problem({ code, params }: Problem): string {
    const told = Object.fromEntries(
      Object.entries(params).map(([name, value]) => [
        name,
        name === 'antigen' || name === 'group' ? groupName(String(value)) : span(String(value)),
      ]),
    );
    return t(`rules.problem.${code}`, told);
  }

  const observation = (code: string, schedule: Schedule): string =>
    schedule.observations?.[code]?.[lang()] ?? label('observation', code);

  function series({ series, parameter, rows }: SeriesRows, schedule: Schedule): string {
    const told = [series.title?.[lang()] ?? kind()];
    const { from, to } = series.births ?? {};
    if (from) told.push(t('rules.series.bornFrom', { date: from }));
    if (to) told.push(t('rules.series.bornTo', { date: to }));
    if (series.sexes?.length === 1) told.push(t(`sex.${series.sexes[0]}`));
    const indications = series.indications?.map((one) => observation(one.observation, schedule));
    if (indications?.length) told.push(t('rules.series.only', { what: or(indications) }));
    if (parameter) {
      const title = schedule.parameters?.[parameter]?.title?.[lang()] ?? parameter;
      told.push(t('rules.series.parameter', { title }));
    }
    return told.join(' · ');

    function kind(): string {
      if (series.type === 'evaluation') return t('rules.series.evaluation');
      if (series.type === 'risk') return t('rules.series.risk');
      if (series.default) return t('rules.series.routine');
      const used = [...new Set(rows.flatMap(({ vaccines }) => vaccines))];
      return t('rules.series.with', { vaccines: or(used.map(vaccineName)) });
    }
  }

  function condition(one: SkipCondition, schedule: Schedule): string {
    switch (one.type) {
      case 'age':
        return one.from !== undefined
          ? t('rules.when.ageFrom', { age: span(one.from) })
          : t('rules.when.ageTo', { age: span(one.to ?? null) });
      case 'count': {
        const doses = one.is === 'more' ? one.doses + 1 : one.doses;
        const what = one.vaccines ? or(one.vaccines.map(vaccineName)) : t('rules.when.doses');
        const told = t(`rules.when.${one.is}`, { what, doses });
        if (one.to) return t('rules.when.before', { age: span(one.to), what: told });
        return one.from ? t('rules.when.since', { age: span(one.from), what: told }) : told;
      }
      case 'observation': {
        const what = or(one.codes.map((code) => observation(code, schedule)));
        return one.absent ? t('rules.when.without', { what }) : what;
      }
      default:
        return t('rules.when.other');
    }
  }

  function whom({ only, unless }: DoseRow, schedule: Schedule): string[] {
    const limits = only.map((codes) =>
      t('rules.when.only', { what: or(codes.map((code) => observation(code, schedule))) }),
    );
    const exceptions = unless.map((conditions) => {
      const what = conditions.map((one) => condition(one, schedule)).join(t('rules.when.and'));
      return t('rules.when.unless', { what });
    });
    return [...limits, ...exceptions];
  }

  const rule = (layer: LocalRule, schedules: readonly Schedule[]) =>
    ruleText(layer, schedules, { t, lang: lang(), span, length, or, groupName, vaccineName });

  return { span, length, problem, series, whom, rule };
}
