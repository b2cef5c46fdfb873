/** A clinic day's rule as the page asks for it, and back. Pure. */
import type { ClinicDay } from '../models/generated.ts';
import type { Part } from './clinic-days.ts';

export const SCOPES = ['all', 'committee', 'vaccine', 'both'] as const;
export const PATTERNS = ['working', 'weekly', 'nth', 'monthly'] as const;
export const HALVES = ['day', 'am', 'pm', 'both'] as const;

export interface RuleForm {
  scope: (typeof SCOPES)[number];
  committee: string;
  vaccine: string;
  pattern: (typeof PATTERNS)[number];
  weekdays: number[];
  weeks: 'every' | 'odd' | 'even';
  nth: number[];
  /** As typed: `5, 15, 25`. */
  monthDays: string;
  halves: (typeof HALVES)[number];
  /** As typed; empty: as many as come. */
  capacity: Record<Part, string>;
}

export const emptyRule = (): RuleForm => ({
  scope: 'all',
  committee: '',
  vaccine: '',
  pattern: 'weekly',
  weekdays: [],
  weeks: 'every',
  nth: [1],
  monthDays: '',
  halves: 'day',
  capacity: { am: '', pm: '', day: '' },
});

/** What is still wrong in a form. */
export type RuleFault = 'committee' | 'vaccine' | 'weekdays' | 'nth' | 'monthDays' | 'capacity';

function monthDaysOf(text: string): number[] | null {
  const typed = text.split(/[\s,，、;；]+/).filter(Boolean);
  const days = typed.map(Number);
  const right = days.length > 0 && days.every((n) => Number.isInteger(n) && n >= 1 && n <= 31);
  return right ? [...new Set(days)].sort((a, b) => a - b) : null;
}

const partsOf = (halves: RuleForm['halves']): Part[] =>
  halves === 'both' ? ['am', 'pm'] : [halves];

const capacityOf = (text: string): number | null => {
  const typed = text.trim();
  return /^\d{1,4}$/.test(typed) && Number(typed) <= 2000 ? Number(typed) : null;
};

export function faultsOf(form: RuleForm): RuleFault[] {
  const found: RuleFault[] = [];
  const { scope, pattern } = form;
  if ((scope === 'committee' || scope === 'both') && !form.committee.trim())
    found.push('committee');
  if ((scope === 'vaccine' || scope === 'both') && !form.vaccine) found.push('vaccine');
  if ((pattern === 'weekly' || pattern === 'nth') && !form.weekdays.length) found.push('weekdays');
  if (pattern === 'nth' && !form.nth.length) found.push('nth');
  if (pattern === 'monthly' && monthDaysOf(form.monthDays) === null) found.push('monthDays');
  const wrong = partsOf(form.halves).some(
    (part) => form.capacity[part].trim() !== '' && capacityOf(form.capacity[part]) === null,
  );
  if (wrong) found.push('capacity');
  return found;
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

/** The rule of a form without faults. */
export function ruleOf(form: RuleForm): ClinicDay {
  const { scope, pattern } = form;
  const sessions = partsOf(form.halves).map((part) => {
    const capacity = capacityOf(form.capacity[part]);
    return { part, ...(capacity !== null && { capacity }) };
  });
  const isPlain = form.halves === 'day' && sessions[0]?.capacity === undefined;
  return {
    ...((pattern === 'weekly' || pattern === 'nth') && { weekdays: sorted(form.weekdays) }),
    ...(pattern === 'weekly' && form.weeks !== 'every' && { weeks: form.weeks }),
    ...(pattern === 'nth' && { nth: sorted(form.nth) }),
    ...(pattern === 'monthly' && { month_days: monthDaysOf(form.monthDays) ?? [] }),
    ...((scope === 'vaccine' || scope === 'both') && { vaccine: form.vaccine }),
    ...((scope === 'committee' || scope === 'both') && { committee: form.committee.trim() }),
    ...(!isPlain && { sessions }),
  };
}

/** A rule as a form. */
export function formOf(rule: ClinicDay): RuleForm {
  const { vaccine, committee, weekdays = [], nth = [], month_days = [], sessions = [] } = rule;
  const parts = sessions.map(({ part }) => part);
  const capacity = (part: Part) =>
    String(sessions.find((one) => one.part === part)?.capacity ?? '');
  const days = month_days.length ? 'monthly' : weekdays.length ? 'weekly' : 'working';
  const hours = parts.includes('am') ? (parts.includes('pm') ? 'both' : 'am') : (parts[0] ?? 'day');
  return {
    scope: vaccine ? (committee ? 'both' : 'vaccine') : committee ? 'committee' : 'all',
    committee: committee ?? '',
    vaccine: vaccine ?? '',
    pattern: nth.length ? 'nth' : days,
    weekdays: [...weekdays],
    weeks: rule.weeks ?? 'every',
    nth: nth.length ? [...nth] : [1],
    monthDays: month_days.join(', '),
    halves: hours,
    capacity: { am: capacity('am'), pm: capacity('pm'), day: capacity('day') },
  };
}
