/** Local rules (地方规则) in plain words. */

import type { LocalRule } from '../models/generated.ts';
import type { Schedule } from '../schedule/index.ts';

/** What sentences are made with, in the language of the page. */
export interface Words {
  t: (key: string, params?: Record<string, unknown>) => string;
  lang: 'zh' | 'en';
  span: (text: string | null) => string;
  length: (text: string | null) => string;
  or: (texts: readonly string[]) => string;
  groupName: (group: string) => string;
  vaccineName: (code: string) => string;
}

/** What a local rule changes, with its values. */
export function ruleText(layer: LocalRule, schedules: readonly Schedule[], words: Words): string {
  const { t, lang, span, length, or, groupName, vaccineName } = words;
  const dose = (antigen: string, number: number) =>
    t('rules.value.dose', { vaccine: groupName(antigen), number });
  const born = (births: { from?: string; to?: string } = {}) =>
    births.from || births.to
      ? ` · ${t('rules.value.born', { born: `${births.from ?? ''} — ${births.to ?? ''}` })}`
      : '';
  switch (layer.kind) {
    case 'visit':
      return (['maxInjections', 'maxOral', 'daysSinceLast'] as const)
        .filter((name) => layer[name] !== undefined)
        .map((name) => `${t(`rules.field.${name}`)} ${layer[name]}`)
        .join(t('plan.and'));
    case 'interval': {
      const { interval } = layer;
      const what = dose(layer.antigen, layer.dose);
      const time = length(interval.min ?? interval.absMin ?? null);
      return t('rules.value.interval', { what, length: time });
    }
    case 'age': {
      const ages = (['min', 'recommended', 'by', 'max'] as const)
        .filter((name) => layer.ages[name] !== undefined)
        .map((name) => `${t(`rules.field.${name}`)} ${span(layer.ages[name] ?? null)}`);
      return `${dose(layer.antigen, layer.dose)}${t('rules.value.colon')}${ages.join(t('plan.and'))}${born(layer.births)}`;
    }
    case 'product': {
      const what = dose(layer.antigen, layer.dose);
      const vaccines = or(layer.vaccines.map(vaccineName));
      return `${t('rules.value.product', { what, vaccines })}${born(layer.births)}`;
    }
    case 'campaign': {
      const vaccines = or(layer.vaccines.map(vaccineName));
      const { from = '', to = '' } = layer.births;
      const told = { vaccines, born: `${from} — ${to}`, given: `${layer.from} — ${layer.to}` };
      return t('rules.value.campaign', told);
    }
    case 'season': {
      const { start, end } = layer.season;
      return t('rules.value.season', { what: groupName(layer.antigen), start, end });
    }
    case 'with':
      return schedules.find(({ name }) => name === layer.schedule)?.title?.[lang] ?? layer.schedule;
    case 'without':
      return layer.groups.map(groupName).join(t('plan.and'));
    case 'parameter': {
      const known = schedules.map((one) => one.parameters?.[layer.name]).find((one) => one);
      const { value } = layer;
      const said =
        typeof value === 'boolean' ? t(value ? 'common.yes' : 'common.no') : length(value);
      return `${known?.title?.[lang] ?? layer.name}${t('rules.value.colon')}${said}`;
    }
  }
}
