/**
 * What the child's page shows, from the document and the engine's answer. Pure, so that a swipe
 * costs one forecast and one pass over the events.
 */

import {
  type ChildDoc,
  type ChildEvent,
  type Dose,
  fact,
  standing,
  voided,
} from '../case/document.ts';
import { enteredTwice } from '../case/twice.ts';
import { type Compiled, planVisit, type Schedule } from '../schedule/index.ts';
import {
  type DoseEvaluation,
  type DoseStatus,
  type Forecast,
  type GroupForecast,
  QUESTIONS,
  type Reason,
  type SeriesStatus,
} from '../schedule/types.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import { overdueFrom } from './late.ts';

/** A vaccine group that should be given now (应种). */
export interface DueItem {
  group: string;
  /** 第几剂. */
  target: number;
  /** Codes that will do, those to be named first in front. */
  vaccines: string[];
  recommended: string;
  earliest: string | null;
  /** Last day on time. */
  pastDue: string | null;
  /** Days beyond the last day on time; 0 when it is on time. */
  overdueDays: number;
  seriesType: GroupForecast['seriesType'];
  reasons: Reason[];
  /**
   * Why it is none of those that are given together (全部接种): a local limit on a visit leaves it for
   * another day, a question must be answered first (PPD 结果), or it was refused today (今日拒种). It
   * may still be given by itself, with a reason.
   */
  held: 'maxInjections' | 'maxOral' | 'question' | 'refused' | null;
}

/** A vaccine group that may be given now, and is not of the programme (非免疫规划, 自愿自费). */
export type OfferedItem = DueItem;

/** A group that is not due, and why. */
export interface NotDueItem {
  group: string;
  target: number | null;
  status: SeriesStatus;
  /** 应种日 that is still to come. */
  recommended: string | null;
  /** Last day on time. */
  pastDue: string | null;
  /** It may already be given today, though it is not yet 应种日. */
  possible: boolean;
  vaccines: string[];
  seriesType: GroupForecast['seriesType'];
  reasons: Reason[];
  /** Not of the programme (非免疫规划). */
  optional: boolean;
}

export interface Plan {
  due: DueItem[];
  offered: OfferedItem[];
  notDue: NotDueItem[];
  /** The nearest 应种日 after today and its groups; null when nothing is to come. */
  next: { date: string; groups: { group: string; target: number }[] } | null;
}

const iso = (day: number | null): string | null => (day === null ? null : dateOf(day));

/**
 * Sorts the engine's groups into what is due today and what is not. `programme` holds the groups
 * of the programme; all of them when null.
 */
export function planOf(
  forecast: Forecast,
  today: string,
  programme: ReadonlySet<string> | null = null,
): Plan {
  const now = dayOf(today) ?? 0;
  const due: DueItem[] = [];
  const offered: OfferedItem[] = [];
  const notDue: NotDueItem[] = [];
  for (const group of forecast.groups) {
    const { vaccineGroup, seriesType, target, recommended, reasons, vaccines, status } = group;
    const optional = programme !== null && !programme.has(vaccineGroup);
    const open = status === 'notComplete' && target !== null && recommended !== null;
    if (open && recommended <= now && (group.earliest === null || group.earliest <= now)) {
      (optional ? offered : due).push({
        group: vaccineGroup,
        target,
        vaccines,
        recommended: dateOf(recommended),
        earliest: iso(group.earliest),
        pastDue: iso(group.pastDue),
        overdueDays: Math.max(0, now + 1 - (overdueFrom(group) ?? now + 1)),
        seriesType,
        reasons,
        held: reasons.some(({ code }) => QUESTIONS.has(code)) ? 'question' : null,
      });
    } else {
      notDue.push({
        group: vaccineGroup,
        target,
        status,
        recommended: open ? iso(recommended) : null,
        pastDue: open ? iso(group.pastDue) : null,
        possible: open && group.earliest !== null && group.earliest <= now,
        vaccines,
        seriesType,
        reasons,
        optional,
      });
    }
  }
  notDue.sort(
    (a, b) =>
      Number(a.optional) - Number(b.optional) ||
      (a.recommended ?? '9999').localeCompare(b.recommended ?? '9999'),
  );
  return { due, offered, notDue, next: nextOf(notDue, today) };
}

/**
 * The plan with the place's limits on a visit (每次最多几针) in it: what they leave for another day is
 * marked and stands last. It may still be given, with a reason.
 */
export function limited(
  plan: Plan,
  forecast: Forecast,
  by: { compiled: Compiled; programme: ReadonlySet<string> },
  today: string,
): Plan {
  const groups = forecast.groups.filter(({ vaccineGroup }) => by.programme.has(vaccineGroup));
  const { later } = planVisit(by.compiled, { ...forecast, groups }, dayOf(today) ?? 0);
  const limits = new Map(later.map(({ group, limit }) => [group.vaccineGroup, limit]));
  return heldLast(plan, (item) => limits.get(item.group) ?? null);
}

/** What was refused on a day is asked for on another (今日拒种). */
export function withRefusals(plan: Plan, child: ChildDoc, today: string): Plan {
  const refused = new Set(
    standing(child, 'refusal')
      .filter(({ event }) => event.date === today)
      .map(({ event }) => event.vaccine),
  );
  if (refused.size === 0) return plan;
  return heldLast(plan, ({ vaccines }) =>
    vaccines.some((one) => refused.has(one)) ? 'refused' : null,
  );
}

function heldLast(plan: Plan, why: (item: DueItem) => DueItem['held']): Plan {
  const due = plan.due.map((item) => ({ ...item, held: item.held ?? why(item) }));
  due.sort((a, b) => Number(a.held !== null) - Number(b.held !== null));
  return { ...plan, due };
}

/**
 * The plan with something to choose from where a contraindication leaves nothing to recommend: such a
 * dose may be given all the same (狂犬病暴露后, a doctor's decision), with a warning and a reason.
 */
export function withChoices(plan: Plan, schedule: Schedule): Plan {
  const notDue = plan.notDue.map((item) =>
    item.status === 'contraindicated' && item.vaccines.length === 0
      ? { ...item, vaccines: vaccinesOf(schedule, item.group) }
      : item,
  );
  return { ...plan, notDue };
}

/** The vaccines that a schedule names for the doses of a group. */
function vaccinesOf(schedule: Schedule, group: string): string[] {
  const named = schedule.antigens
    .flatMap(({ series }) => series.filter(({ vaccineGroup }) => vaccineGroup === group))
    .flatMap(({ doses }) => doses.flatMap(({ preferable }) => preferable))
    .filter(({ forecast }) => forecast === true);
  return [...new Set(named.map(({ code }) => code))];
}

function nextOf(items: readonly NotDueItem[], today: string): Plan['next'] {
  const coming = items.filter(
    (item) => !item.optional && item.recommended !== null && item.recommended > today,
  );
  const date = coming[0]?.recommended;
  if (!date) return null;
  const groups = coming
    .filter((item) => item.recommended === date && item.target !== null)
    .map(({ group, target }) => ({ group, target: target as number }));
  return { date, groups };
}

/** 在册情况 of children for whom nothing is planned: 死亡, 删除. */
const ENDED: ReadonlySet<string> = new Set(['4', '5']);

/** The register status that ends a case, and the day on which it was recorded; null while none does. */
export function endOf(child: ChildDoc): { status: string; date: string; by: string } | null {
  const status = child.facts.register_status;
  if (!status?.value || !ENDED.has(status.value)) return null;
  return { status: status.value, date: status.at.slice(0, 10), by: status.by };
}

/** One dose of the history (接种史). */
export interface HistoryRow {
  id: string;
  dose: Dose;
  /** Number of the target dose that it satisfied, in the first group that it counts for. */
  number: number | null;
  /** Null while no schedule is at hand. */
  status: DoseStatus | null;
  reasons: Reason[];
  /** For each vaccine group it was held against: whether it counted. */
  groups: { group: string; target: number | null; status: DoseStatus; reasons: Reason[] }[];
  void: { reason: string; note: string | null; by: string; at: string } | null;
  /** Another standing dose may be this one entered twice (疑似重复; see `enteredTwice`). */
  duplicate: boolean;
}

const RANK: Record<DoseStatus, number> = {
  valid: 0,
  extraneous: 1,
  notEvaluated: 2,
  substandard: 3,
  notValid: 4,
};

function evaluationOf(all: readonly DoseEvaluation[]): HistoryRow['groups'] {
  const groups = new Map<string, HistoryRow['groups'][number]>();
  for (const one of all) {
    const name = one.vaccineGroup ?? one.antigen ?? '';
    const before = groups.get(name);
    // A dose that counts for one antigen of a group counts for the group.
    if (before && RANK[before.status] <= RANK[one.status]) continue;
    groups.set(name, {
      group: name,
      target: one.target,
      status: one.status,
      reasons: one.reasons,
    });
  }
  return [...groups.values()].sort((a, b) => RANK[a.status] - RANK[b.status]);
}

/** Every dose ever recorded, the latest first; voided ones keep their place. */
export function historyOf(child: ChildDoc, forecast: Forecast | null): HistoryRow[] {
  const evaluations = new Map<string, DoseEvaluation[]>();
  for (const one of forecast?.doses ?? []) {
    const list = evaluations.get(one.id);
    if (list) list.push(one);
    else evaluations.set(one.id, [one]);
  }
  const gone = voided(child);
  const voids = new Map<string, HistoryRow['void']>();
  for (const { event } of standing(child, 'void')) {
    voids.set(event.target, {
      reason: event.reason,
      note: event.note ?? null,
      by: event.by,
      at: event.at,
    });
  }
  const twice = enteredTwice(child, (id) =>
    (evaluations.get(id) ?? []).some(
      ({ status, reasons }) =>
        status !== 'valid' && reasons.some(({ code }) => code === 'dose.tooSoon'),
    ),
  );
  const rows: HistoryRow[] = [];
  for (const [id, event] of Object.entries(child.events)) {
    if (event.kind !== 'dose') continue;
    const groups = evaluationOf(evaluations.get(id) ?? []);
    const best = groups[0];
    rows.push({
      id,
      dose: event,
      number: best?.status === 'valid' ? best.target : (event.number ?? null),
      status: best?.status ?? null,
      reasons: best?.reasons ?? [],
      groups,
      void: gone.has(id) ? (voids.get(id) ?? null) : null,
      duplicate: twice.has(id),
    });
  }
  return rows.sort((a, b) => b.dose.date.localeCompare(a.dose.date) || b.id.localeCompare(a.id));
}

export interface OtherRow {
  id: string;
  event: Exclude<ChildEvent, { kind: 'dose' | 'void' }>;
  voided: boolean;
}

/** All other records but voids, the latest first. */
export function othersOf(child: ChildDoc): OtherRow[] {
  const gone = voided(child);
  const rows: OtherRow[] = [];
  for (const [id, event] of Object.entries(child.events)) {
    if (event.kind === 'dose' || event.kind === 'void') continue;
    rows.push({ id, event, voided: gone.has(id) });
  }
  return rows.sort((a, b) => b.event.at.localeCompare(a.event.at));
}

export interface Flag {
  /** Key under `flag` in the catalogue. */
  key:
    | 'noBirth'
    | 'contraindication'
    | 'aefi'
    | 'preterm'
    | 'lowWeight'
    | 'hbsag'
    | 'hiv'
    | 'observation';
  tone: 'bad' | 'warn' | 'info';
  /** Code of the dictionary, where there is one. */
  code?: string;
  vaccine?: string | null;
  /** Weeks, grams, or a date. */
  value?: string | number;
}

/** What the person at the counter must see before anything else. */
export function flagsOf(child: ChildDoc, today: string): Flag[] {
  const flags: Flag[] = [];
  if (!fact(child, 'birth_date')) flags.push({ key: 'noBirth', tone: 'bad' });
  for (const { event } of standing(child, 'contraindication')) {
    if (event.until && event.until < today) continue;
    const vaccine = event.vaccine ?? null;
    flags.push({ key: 'contraindication', tone: 'bad', code: event.code, vaccine });
  }
  for (const { event } of standing(child, 'aefi')) {
    flags.push({ key: 'aefi', tone: 'bad', value: event.date });
  }
  const weeks = fact(child, 'gestation_weeks');
  if (weeks !== null && weeks < 37) flags.push({ key: 'preterm', tone: 'warn', value: weeks });
  const grams = fact(child, 'birth_weight_g');
  if (grams !== null && grams < 2500) flags.push({ key: 'lowWeight', tone: 'warn', value: grams });
  if (fact(child, 'mother_hbsag') === '1') flags.push({ key: 'hbsag', tone: 'warn' });
  if (fact(child, 'mother_hiv') === '1') flags.push({ key: 'hiv', tone: 'warn' });
  for (const { event } of standing(child, 'observation')) {
    if (event.until && event.until < today) continue;
    flags.push({ key: 'observation', tone: 'info', code: event.code, value: event.date });
  }
  return flags;
}

/** Sites that wrote to this child, the one heard from last in front. */
export function writersOf(child: ChildDoc): { site: string; at: string }[] {
  const last = new Map<string, string>();
  for (const event of Object.values(child.events)) {
    const before = last.get(event.site);
    if (!before || event.at > before) last.set(event.site, event.at);
  }
  return [...last].map(([site, at]) => ({ site, at })).sort((a, b) => b.at.localeCompare(a.at));
}

/** The one reason worth a line in a list: the rule that set the date which is shown. */
export function mainReason(reasons: readonly Reason[], date: string | null): Reason | null {
  const day = date === null ? null : dayOf(date);
  const sets = reasons.filter((reason) => reason.params?.date === day);
  return (
    sets.find((reason) => reason.code.includes('recommended')) ?? sets[0] ?? reasons[0] ?? null
  );
}

/** Parameters of a reason as text: days become dates. */
export function reasonParams(reason: Reason): Record<string, string | number> {
  const DAYS = new Set([
    'minimum',
    'maximum',
    'since',
    'given',
    'until',
    'date',
    'end',
    'bornBefore',
    'expiry',
  ]);
  return Object.fromEntries(
    Object.entries(reason.params ?? {}).map(([name, value]) => [
      name,
      typeof value === 'number' && DAYS.has(name) ? dateOf(value) : value,
    ]),
  );
}
