/** What a clinic sets of the schedules for itself (门诊参数): pure, with what stands against it. */
import type { Parameter, Schedule } from '../schedule/index.ts';
import { localSchedule, type Parameters, type Rule, VISIT_PARAMETERS } from './local-rules.ts';

/** A parameter as a form shows it. */
export interface SiteParameter {
  name: string;
  kind: 'number' | 'yesNo' | 'text';
  title: Parameter['title'] | null;
  /** What holds where the clinic sets nothing; null: no limit. */
  otherwise: string | boolean | null;
  /** The clinic's own, as text; empty while it sets none. */
  own: string;
}

const VISIT = {
  'visit.injections': 'maxInjections',
  'visit.oral': 'maxOral',
  'visit.days-since-last': 'daysSinceLast',
} as const;

/** All that can be set; `region` is the schedule with the region's rules and without the clinic's. */
export function siteParameters(region: Schedule, own: Parameters): SiteParameter[] {
  const text = (name: string) => (own[name] === undefined ? '' : String(own[name]));
  return [
    ...VISIT_PARAMETERS.map((name): SiteParameter => {
      const limit = region.visit?.[VISIT[name]];
      const otherwise = limit === undefined ? null : String(limit);
      return { name, kind: 'number', title: null, otherwise, own: text(name) };
    }),
    ...Object.entries(region.parameters ?? {}).map(
      ([name, { value, title }]): SiteParameter => ({
        name,
        kind: typeof value === 'boolean' ? 'yesNo' : 'text',
        title: title ?? null,
        otherwise: value,
        own: text(name),
      }),
    ),
  ];
}

/** What the form says, as settings; and the names whose values do not fit. */
export function readParameters(
  form: readonly Pick<SiteParameter, 'name' | 'kind' | 'own'>[],
  over: {
    schedules: Readonly<Record<string, Schedule>>;
    names: readonly string[];
    rules: readonly Rule[];
  },
): { parameters: Record<string, string | number | boolean>; wrong: string[] } {
  const parameters: Record<string, string | number | boolean> = {};
  const wrong: string[] = [];
  for (const { name, kind, own } of form) {
    const text = own.trim();
    if (text === '') continue;
    if (kind === 'yesNo') parameters[name] = text === 'true';
    else if (kind === 'text') parameters[name] = text;
    else if (/^\d{1,3}$/.test(text) && (Number(text) > 0 || name === 'visit.days-since-last')) {
      parameters[name] = Number(text);
    } else wrong.push(name);
  }
  const made = localSchedule({ ...over, parameters, settings: { id: 'settings:', rev: '' } });
  for (const { id, title } of made?.skipped ?? []) if (id === 'settings:') wrong.push(title);
  return { parameters, wrong };
}
