/**
 * Local rules (地方规则) over the schedules: which hold at a clinic on a day, in which order, and what
 * the schedules are with them. Pure; a rule that does not fit is left out and told of, so that a
 * mistake made far away never takes the schedule from a nurse.
 */
import type { LayerDocument, Problem } from '../models/generated.ts';
import {
  applyLayers,
  type Compiled,
  compile,
  type Day,
  forecast,
  type Layer,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';

export type Rule = LayerDocument & { _id: string; _rev?: string };

/** A clinic, and the regions that it belongs to: province, city, county. */
export interface Place {
  site: string;
  regions: readonly string[];
}

/** What may differ from site to site, by the documents of the catalog. */
export interface Places {
  /** County of a site. */
  regionOf(site: string): string | null;
  /** The region above. */
  parentOf(region: string): string | null;
}

/**
 * The regions of a site, the highest first. Where the catalog does not say it, the code does
 * (GB/T 2260: a city ends in 00, a province in 0000).
 */
export function placeOf(site: string, places: Places): Place {
  const regions: string[] = [];
  let region: string | null = places.regionOf(site) ?? site.slice(0, 6);
  while (region !== null && !regions.includes(region)) {
    regions.unshift(region);
    region = places.parentOf(region) ?? aboveByCode(region);
  }
  return { site, regions };
}

function aboveByCode(region: string): string | null {
  if (region.endsWith('0000')) return null;
  return region.endsWith('00') ? `${region.slice(0, 2)}0000` : `${region.slice(0, 4)}00`;
}

/**
 * The rules that hold at a place on a day, in the order in which they apply: the province's, the
 * city's, the county's; of one region those for all clinics before those for some; then by first
 * day and name. A later one has the last word.
 */
export function rulesFor(rules: readonly Rule[], place: Place, today: string): Rule[] {
  const rank = (rule: Rule) => place.regions.indexOf(rule.region);
  const some = (rule: Rule) => Number((rule.sites?.length ?? 0) > 0);
  return rules
    .filter(
      (rule) =>
        rank(rule) >= 0 &&
        !rule.withdrawn &&
        rule.effective <= today &&
        (rule.until === undefined || rule.until >= today) &&
        (!some(rule) || rule.sites?.includes(place.site)),
    )
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        some(a) - some(b) ||
        compare(a.effective, b.effective) ||
        compare(a.name, b.name),
    );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The rule as the engine takes it; null for one that only names a schedule. */
export function layerOf(rule: Pick<Rule, 'layer' | 'effective' | 'until'>): Layer | null {
  const { layer } = rule;
  if (layer.kind === 'with') return null;
  if (layer.kind !== 'interval') return layer as Layer;
  // Doses that were given before the rule was, or after it has ended, are not judged by it.
  const span = {
    effective: rule.effective,
    ...(rule.until !== undefined && { cessation: rule.until }),
  };
  return { ...layer, interval: { ...layer.interval, ...span } } as Layer;
}

const VISIT = {
  'visit.injections': 'maxInjections',
  'visit.oral': 'maxOral',
  'visit.days-since-last': 'daysSinceLast',
} as const;

/** Parameters of a clinic that limit a visit; absent: no limit of its own. */
export const VISIT_PARAMETERS = Object.keys(VISIT) as (keyof typeof VISIT)[];

export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** A clinic's own parameters as layers; those that no schedule in use has are left out. */
function siteLayers(schedule: Schedule, parameters: Parameters): { name: string; layer: Layer }[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    if (name in VISIT && typeof value === 'number') {
      const rule = { [VISIT[name as keyof typeof VISIT]]: value };
      return [{ name, layer: { kind: 'visit', ...rule } as Layer }];
    }
    if (!schedule.parameters?.[name]) return [];
    const set = typeof value === 'number' ? String(value) : value;
    return [{ name, layer: { kind: 'parameter', name, value: set } as Layer }];
  });
}

/** A document that does not fit, and is left out. */
export interface Skipped {
  /** `layer:…`, `schedule:…` or `settings:…`. */
  id: string;
  rev: string;
  title: string;
  /** What is wrong, by the engine. */
  message: string;
}

export interface LocalSchedule {
  schedule: Schedule;
  compiled: Compiled;
  /** Groups of the programme and of campaigns; the others are voluntary (非免疫规划). */
  programme: ReadonlySet<string>;
  /** The names of the schedules in it, the programme in front. */
  schedules: string[];
  /** The rules in it. */
  used: Rule[];
  skipped: Skipped[];
}

export interface Wanted {
  /** Schedules by their names. */
  schedules: Readonly<Record<string, Schedule>>;
  /** Those in use; the first that there is is the programme. */
  names: readonly string[];
  /** As {@link rulesFor} orders them. */
  rules?: readonly Rule[];
  parameters?: Parameters;
  /** The document that holds the parameters. */
  settings?: { id: string; rev: string };
}

interface Step {
  layer: Layer;
  rule?: Rule;
  /** The document that it comes from. */
  from: Omit<Skipped, 'message'>;
}

/**
 * The programme, the schedules offered besides, the rules in their order, and last the clinic's own
 * parameters. Null when there is no programme; throws `ScheduleError` when it is faulty itself.
 */
export function localSchedule(wanted: Wanted): LocalSchedule | null {
  const { schedules, rules = [] } = wanted;
  const [programme, ...others] = wanted.names.flatMap((name) => schedules[name] ?? []);
  if (!programme) return null;
  const skipped: Skipped[] = [];
  const besides = new Map(others.map((schedule) => [schedule.name, schedule]));
  besides.delete(programme.name);
  for (const rule of rules) {
    if (rule.layer.kind !== 'with') continue;
    const schedule = schedules[rule.layer.schedule];
    if (schedule && schedule !== programme) besides.set(schedule.name, schedule);
    if (!schedule) {
      const message = `there is no schedule "${rule.layer.schedule}"`;
      skipped.push({ ...documentOf(rule), message });
    }
  }
  const first = take(
    { schedule: programme, steps: [] },
    [...besides.values()].map((schedule) => ({
      layer: { kind: 'with', schedule },
      from: { id: `schedule:${schedule.name}`, rev: schedule.edition, title: nameOf(schedule) },
    })),
  );
  skipped.push(...first.skipped);
  const inUse = [programme.name, ...[...besides.keys()].filter((name) => !bad(first, name))];
  const local = rules.flatMap((rule): Step[] => {
    const layer =
      rule.schedule === undefined || inUse.includes(rule.schedule) ? layerOf(rule) : null;
    return layer ? [{ layer, rule, from: documentOf(rule) }] : [];
  });
  const settings = wanted.settings ?? { id: 'settings', rev: '' };
  const own = siteLayers(first.schedule, wanted.parameters ?? {}).map(
    ({ name, layer }): Step => ({ layer, from: { ...settings, title: name } }),
  );
  const all = take(first, [...local, ...own]);
  skipped.push(...all.skipped);
  const voluntary = new Set(others.concat([...besides.values()]).flatMap(groupNames));
  for (const name of groupNames(programme)) voluntary.delete(name);
  return {
    schedule: all.schedule,
    compiled: all.compiled,
    programme: new Set(groupNames(all.schedule).filter((name) => !voluntary.has(name))),
    schedules: inUse,
    used: [
      ...rules.filter(({ layer }) => layer.kind === 'with' && inUse.includes(layer.schedule)),
      ...all.steps.flatMap(({ rule }) => rule ?? []),
    ],
    skipped,
  };
}

const groupNames = (schedule: Schedule): string[] => schedule.groups.map(({ name }) => name);
const nameOf = (schedule: Schedule): string => schedule.title?.zh ?? schedule.name;
const documentOf = (rule: Rule): Omit<Skipped, 'message'> => ({
  id: rule._id,
  rev: rule._rev ?? '',
  title: rule.title,
});
const bad = (taken: { skipped: Skipped[] }, name: string): boolean =>
  taken.skipped.some(({ id }) => id === `schedule:${name}`);

interface Taken {
  schedule: Schedule;
  compiled: Compiled;
  steps: Step[];
  skipped: Skipped[];
}

/** Applies all steps at once; only where that fails one by one, without those that do not fit. */
function take(base: { schedule: Schedule; steps: Step[] }, steps: readonly Step[]): Taken {
  try {
    const schedule = applyLayers(
      base.schedule,
      steps.map(({ layer }) => layer),
    );
    return { schedule, compiled: tried(schedule), steps: [...steps], skipped: [] };
  } catch (error) {
    if (steps.length === 0) throw error;
  }
  let schedule = base.schedule;
  let compiled = tried(schedule);
  const fitting: Step[] = [];
  const skipped: Skipped[] = [];
  for (const step of steps) {
    try {
      const next = applyLayers(schedule, [step.layer]);
      compiled = tried(next);
      schedule = next;
      fitting.push(step);
    } catch (error) {
      // Which of the layers it was stands in the title already.
      const text = error instanceof Error ? error.message : String(error);
      skipped.push({ ...step.from, message: text.replace(/^layers\/\d+: /, '') });
    }
  }
  return { schedule, compiled, steps: fitting, skipped };
}

const SAMPLE_BIRTH = parseDay('2024-06-15') as Day;
const SAMPLE_DAY = parseDay('2026-06-15') as Day;

/** Compiles, and asks once for an example child: what is odd enough shows only then. */
function tried(schedule: Schedule): Compiled {
  const compiled = compile(schedule);
  const doses = Object.keys(schedule.vaccines).map((code, index) => ({
    id: code,
    code,
    date: SAMPLE_BIRTH + 90 + index * 30,
  }));
  forecast(compiled, { birth: SAMPLE_BIRTH, sex: 'F', doses }, SAMPLE_DAY);
  return compiled;
}

/** What is not reported yet: one report for each revision of a document, whoever made it. */
export function unreported(
  skipped: readonly Skipped[],
  known: readonly Pick<Problem, 'document' | 'revision'>[],
): Skipped[] {
  const told = new Set(known.map(({ document, revision }) => `${document} ${revision}`));
  return skipped.filter(({ id, rev }) => {
    const key = `${id} ${rev}`;
    if (told.has(key)) return false;
    told.add(key);
    return true;
  });
}
