/** The form of a local rule (地方规则表单): one flat state for all kinds, and the rule it makes. Pure. */
import type { Rule } from '../forecast/local-rules.ts';
import type { LocalRule } from '../models/generated.ts';
import { parseDay, type Schedule } from '../schedule/index.ts';

export const RULE_KINDS = [
  'visit',
  'interval',
  'age',
  'product',
  'campaign',
  'season',
  'with',
  'without',
  'parameter',
] as const;
export type RuleKind = (typeof RULE_KINDS)[number];
export const UNITS = ['days', 'weeks', 'months', 'years'] as const;

export interface RuleForm {
  kind: RuleKind;
  title: string;
  effective: string;
  until: string;
  sites: string[];
  note: string;
  maxInjections: string;
  maxOral: string;
  daysSinceLast: string;
  antigen: string;
  dose: string;
  /** Number and unit of the interval of a dose or campaign. */
  amount: string;
  unit: (typeof UNITS)[number];
  vaccines: string[];
  bornFrom: string;
  bornTo: string;
  from: string;
  to: string;
  /** `MM-DD` */
  start: string;
  end: string;
  schedule: string;
  groups: string[];
  parameter: string;
  value: string;
}

export function emptyRule(kind: RuleKind, today: string): RuleForm {
  return {
    kind,
    title: '',
    effective: today,
    until: '',
    sites: [],
    note: '',
    maxInjections: '',
    maxOral: '',
    daysSinceLast: '',
    antigen: '',
    dose: '1',
    amount: '',
    unit: 'days',
    vaccines: [],
    bornFrom: '',
    bornTo: '',
    from: today,
    to: '',
    start: '',
    end: '',
    schedule: '',
    groups: [],
    parameter: '',
    value: '',
  };
}

/** What is filled in wrongly or not at all: names of fields. */
export type Missing = keyof RuleForm;

const whole = (text: string, least: number, most: number): number | null => {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
};
const dayOfYear = (text: string): boolean =>
  /^\d\d-\d\d$/.test(text) && parseDay(`2024-${text}`) !== null;

/** What the makers of layers ask of a form. */
interface Filled {
  form: RuleForm;
  /** The name of the rule. */
  name: string;
  /** Names a field as missing unless it is good. */
  need(field: Missing, good: boolean): void;
  /** Number and unit, as the schedules write a length of time; null if the number is none. */
  length: string | null;
}

/** Birth dates for which a rule holds; nothing where the form names none. */
function births({ form: { bornFrom: from, bornTo: to }, need }: Filled): {
  births?: { from?: string; to?: string };
} {
  need('bornTo', to === '' || to >= from);
  return from || to ? { births: { ...(from && { from }), ...(to && { to }) } } : {};
}

/** The dose that a rule is about. */
function doseOf({ form, need }: Filled, first: number): { antigen: string; dose: number } {
  const dose = whole(form.dose, first, 20);
  need('antigen', form.antigen !== '');
  need('dose', dose !== null);
  return { antigen: form.antigen, dose: dose ?? 0 };
}

const LAYERS: { [Kind in RuleKind]: (filled: Filled) => LocalRule } = {
  visit({ form, need }) {
    const fields = ['maxInjections', 'maxOral', 'daysSinceLast'] as const;
    const given = fields.filter((field) => form[field].trim() !== '');
    need('maxInjections', given.length > 0);
    const limits = given.map((field) => {
      const least = field === 'daysSinceLast' ? 0 : 1;
      const value = whole(form[field], least, field === 'daysSinceLast' ? 365 : 20);
      need(field, value !== null);
      return [field, value ?? 0];
    });
    return { kind: 'visit', ...Object.fromEntries(limits) };
  },
  interval(filled) {
    const { need, length } = filled;
    const dose = doseOf(filled, 2);
    need('amount', length !== null);
    const least = { absMin: length ?? '', min: length ?? '' };
    return { kind: 'interval', ...dose, interval: { from: 'previous', ...least } };
  },
  age(filled) {
    const { need, length } = filled;
    const dose = doseOf(filled, 1);
    need('amount', length !== null);
    const least = { absMin: length ?? '', min: length ?? '', recommended: length ?? '' };
    return { kind: 'age', ...dose, ...births(filled), ages: least };
  },
  product(filled) {
    const { form, need } = filled;
    const dose = doseOf(filled, 1);
    need('vaccines', form.vaccines.length > 0);
    return { kind: 'product', ...dose, ...births(filled), vaccines: form.vaccines };
  },
  campaign(filled) {
    const { form, name, need, length } = filled;
    need('vaccines', form.vaccines.length > 0);
    need('bornFrom', form.bornFrom !== '' || form.bornTo !== '');
    const born = births(filled);
    need('from', form.from !== '');
    need('to', form.to !== '' && form.to >= form.from);
    need('amount', form.amount.trim() === '' || length !== null);
    return {
      kind: 'campaign',
      name,
      title: { zh: form.title.trim(), en: form.title.trim() },
      vaccines: form.vaccines,
      births: born.births ?? {},
      from: form.from,
      to: form.to,
      ...(length !== null && { minInterval: length }),
    };
  },
  season({ form: { antigen, start, end }, need }) {
    need('antigen', antigen !== '');
    need('start', dayOfYear(start));
    need('end', dayOfYear(end));
    return { kind: 'season', antigen, season: { start, end } };
  },
  with({ form: { schedule }, need }) {
    need('schedule', schedule !== '');
    return { kind: 'with', schedule };
  },
  without({ form: { groups }, need }) {
    need('groups', groups.length > 0);
    return { kind: 'without', groups };
  },
  parameter({ form, need }) {
    need('parameter', form.parameter !== '');
    need('value', form.value.trim() !== '');
    const text = form.value.trim();
    const value = text === 'true' ? true : text === 'false' ? false : text;
    return { kind: 'parameter', name: form.parameter, value };
  },
};

/** The layer that a form makes, or the fields that stand against it. */
export function layerFrom(
  form: RuleForm,
  name: string,
): { layer: LocalRule } | { missing: Missing[] } {
  const missing: Missing[] = [];
  const need = (field: Missing, good: boolean): void => {
    if (!good) missing.push(field);
  };
  const amount = whole(form.amount, 1, 9999);
  const length = amount === null ? null : `${amount} ${form.unit}`;
  const layer = LAYERS[form.kind]({ form, name, need, length });
  return missing.length ? { missing } : { layer };
}

/** The document of a rule, or the fields that stand against it. */
export function ruleFrom(
  form: RuleForm,
  about: {
    name: string;
    region: string;
    /** The edition, and all schedules, to find out which one a rule is about. */
    edition: Schedule;
    schedules: Readonly<Record<string, Schedule>>;
    by: string;
    at: string;
  },
): { rule: Rule } | { missing: Missing[] } {
  const made = layerFrom(form, about.name);
  const missing: Missing[] = 'missing' in made ? [...made.missing] : [];
  if (form.title.trim() === '') missing.unshift('title');
  if (form.effective === '') missing.push('effective');
  if (form.until !== '' && form.until < form.effective) missing.push('until');
  if ('missing' in made || missing.length) return { missing };
  const schedule = otherSchedule(made.layer, about.edition, about.schedules);
  return {
    rule: {
      _id: `layer:${about.name}`,
      type: 'layer',
      name: about.name,
      title: form.title.trim(),
      region: about.region,
      ...(form.sites.length > 0 && { sites: form.sites }),
      ...(schedule && { schedule }),
      effective: form.effective,
      ...(form.until && { until: form.until }),
      layer: made.layer,
      ...(form.note.trim() && { note: form.note.trim() }),
      updated_at: about.at,
      updated_by: about.by,
    },
  };
}

/** The schedule besides the programme that a rule is about; null for one of the programme. */
function otherSchedule(
  layer: LocalRule,
  edition: Schedule,
  schedules: Readonly<Record<string, Schedule>>,
): string | null {
  const has = (schedule: Schedule): boolean => {
    if ('antigen' in layer) {
      return schedule.antigens.some(({ name }) => name === layer.antigen);
    }
    if (layer.kind === 'parameter') return schedule.parameters?.[layer.name] !== undefined;
    if (layer.kind === 'campaign') return layer.vaccines.every((code) => schedule.vaccines[code]);
    if (layer.kind === 'without') {
      return layer.groups.some((name) => schedule.groups.some((group) => group.name === name));
    }
    return true;
  };
  if (has(edition)) return null;
  return Object.values(schedules).find(has)?.name ?? null;
}
