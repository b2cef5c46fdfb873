/**
 * What a change of the programme would do (试算), to ten example children and to all of a region.
 * Pure: the page runs it, and the server in V8 (`bundle.ts`).
 */
import { type ChildDoc, fact } from '../case/document.ts';
import { engineChild } from '../forecast/history.ts';
import { type LocalSchedule, localSchedule, type Rule } from '../forecast/local-rules.ts';
import {
  addAge,
  type Child,
  type Day,
  forecast,
  formatDay,
  type GroupForecast,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';

/** A programme as it is followed: an edition, and the local rules over it in their order. */
export interface Followed {
  schedules: Readonly<Record<string, Schedule>>;
  /** The edition, and the schedules that are offered besides. */
  names: readonly string[];
  rules: readonly Rule[];
}

/** What is followed now, and what would be. */
export interface Change {
  before: Followed;
  after: Followed;
}

/** An example child: what an administrator tries a change on. */
export interface Example {
  birth: string;
  sex: 'F' | 'M';
  doses: readonly { date: string; code: string }[];
}

/** What a child is to get of one vaccine group. */
export interface Shown {
  status: GroupForecast['status'];
  target: number | null;
  earliest: string | null;
  recommended: string | null;
  /** Codes of the vaccines that will do. */
  vaccines: readonly string[];
}

export interface TrialRow {
  group: string;
  before: Shown | null;
  after: Shown | null;
  changed: boolean;
}

const iso = (day: Day | null): string | null => (day === null ? null : formatDay(day));

function shown({ status, target, earliest, recommended, vaccines }: GroupForecast): Shown {
  return { status, target, earliest: iso(earliest), recommended: iso(recommended), vaccines };
}

const differ = (one: GroupForecast | undefined, other: GroupForecast | undefined): boolean =>
  one?.status !== other?.status ||
  one?.target !== other?.target ||
  one?.earliest !== other?.earliest ||
  one?.recommended !== other?.recommended ||
  String(one?.vaccines) !== String(other?.vaccines);

interface Pair {
  group: string;
  one: GroupForecast | undefined;
  other: GroupForecast | undefined;
}

/** The forecasts of one group, without and with the change. */
function paired(before: readonly GroupForecast[], after: readonly GroupForecast[]): Pair[] {
  const others = new Map(after.map((group) => [group.vaccineGroup, group]));
  const pairs = before.map((one): Pair => {
    const other = others.get(one.vaccineGroup);
    others.delete(one.vaccineGroup);
    return { group: one.vaccineGroup, one, other };
  });
  for (const [group, other] of others) pairs.push({ group, one: undefined, other });
  return pairs;
}

const rowsOf = (before: readonly GroupForecast[], after: readonly GroupForecast[]): TrialRow[] =>
  paired(before, after).map(({ group, one, other }) => ({
    group,
    before: one ? shown(one) : null,
    after: other ? shown(other) : null,
    changed: differ(one, other),
  }));

const isDue = ({ status, recommended, earliest }: GroupForecast, today: Day): boolean =>
  status === 'notComplete' &&
  recommended !== null &&
  recommended <= today &&
  (earliest === null || earliest <= today);

/** How many children of a region the change reaches. */
export interface Tally {
  /** Children who were looked at: those with a birth date whom a clinic still waits for. */
  children: number;
  /** Those for whom anything is due at another time, or no more. */
  changed: number;
  /** Those with something of the programme due today, now and then. */
  dueBefore: number;
  dueAfter: number;
  /** Vaccine group → children for whom it changes. */
  groups: Record<string, number>;
}

export interface ExampleTrial extends Example {
  /** Age in whole months. */
  months: number;
  rows: TrialRow[];
}

/** 在册情况 of children whom no clinic waits for: 迁出, 死亡, 删除. */
const GONE: ReadonlySet<string> = new Set(['2', '4', '5']);

/** Ages of the example children. Ten days later their last doses are given, and the next is near. */
const ON_TIME = [0, 1, 2, 3, 4, 6, 8, 18, 48];
const SINCE = 10;
/** One has had nothing since birth. */
const BEHIND = 14;
/** Doses of an example child: an edition in which nothing counts would go on for ever. */
const MOST = 60;

/** Both sides of a change, compiled once. */
export class Trial {
  private readonly before: LocalSchedule;
  private readonly after: LocalSchedule;
  private readonly today: Day;
  private readonly sum: Tally = { children: 0, changed: 0, dueBefore: 0, dueAfter: 0, groups: {} };

  /** Throws `ScheduleError` for an edition that cannot be used. */
  constructor(change: Change, today: string) {
    this.before = compiled(change.before);
    this.after = compiled(change.after);
    const day = parseDay(today);
    if (day === null) throw new Error('today is no date');
    this.today = day;
  }

  /** What one example child gets without and with the change, group by group. */
  rows(example: Example): TrialRow[] {
    const birth = parseDay(example.birth);
    if (birth === null) return [];
    const doses = example.doses.flatMap(({ date, code }, index) => {
      const day = parseDay(date);
      return day === null || code === '' ? [] : [{ id: String(index), date: day, code }];
    });
    return this.both({ birth, sex: example.sex, doses });
  }

  /** Ten children of several ages, with what changes for each. */
  examples(): ExampleTrial[] {
    const on = ON_TIME.map((months, index) => this.example(months, Infinity, index));
    const all = [...on, this.example(BEHIND, 0, on.length)];
    all.sort((one, other) => one.months - other.months);
    return all.map(({ months, example }) => ({ ...example, months, rows: this.rows(example) }));
  }

  /** Adds children of the region; the sum so far. */
  count(children: readonly ChildDoc[]): Tally {
    for (const child of children) {
      if (GONE.has(fact(child, 'register_status') ?? '')) continue;
      const [before, after] = [this.before, this.after].map((side) => this.ask(side, child)) as [
        GroupForecast[] | null,
        GroupForecast[] | null,
      ];
      if (!before || !after) continue;
      const { sum, today } = this;
      const changed = paired(before, after).filter(({ one, other }) => differ(one, other));
      sum.children += 1;
      if (changed.length > 0) sum.changed += 1;
      for (const { group } of changed) sum.groups[group] = (sum.groups[group] ?? 0) + 1;
      if (ofProgramme(this.before, before).some((group) => isDue(group, today))) sum.dueBefore += 1;
      if (ofProgramme(this.after, after).some((group) => isDue(group, today))) sum.dueAfter += 1;
    }
    return this.sum;
  }

  private ask(side: LocalSchedule, child: ChildDoc): GroupForecast[] | null {
    const input = engineChild(child, side.schedule);
    return input && forecast(side.compiled, input, this.today).groups;
  }

  private both(child: Child): TrialRow[] {
    const [before, after] = [this.before, this.after].map(
      ({ compiled }) => forecast(compiled, child, this.today).groups,
    ) as [GroupForecast[], GroupForecast[]];
    return rowsOf(before, after);
  }

  /** A child who was given each dose on the day it was due, as far as `until` days of age. */
  private example(
    months: number,
    until: number,
    index: number,
  ): { months: number; example: Example } {
    const { compiled, schedule } = this.before;
    const birth = addAge(this.today - SINCE, `-${months} months`, schedule.monthArithmetic);
    const sex = index % 2 === 0 ? 'F' : 'M';
    const doses: { id: string; date: Day; code: string }[] = [];
    const last = Math.min(this.today - 1, birth + until);
    for (let next: Next | null = { date: birth, code: '' }; next && doses.length < MOST; ) {
      const { groups } = forecast(compiled, { birth, sex, doses }, next.date);
      next = soonest(groups, next.date, last);
      if (next) doses.push({ id: String(doses.length), ...next });
    }
    const given = doses.map(({ date, code }) => ({ date: formatDay(date), code }));
    return { months, example: { birth: formatDay(birth), sex, doses: given } };
  }
}

interface Next {
  date: Day;
  code: string;
}

/** What is given next, on its day, on `from` at the soonest and on `last` at the latest. */
function soonest(groups: readonly GroupForecast[], from: Day, last: Day): Next | null {
  let first: Next | null = null;
  for (const { status, recommended, earliest, vaccines } of groups) {
    const [code] = vaccines;
    if (status !== 'notComplete' || recommended === null || code === undefined) continue;
    const date = Math.max(recommended, earliest ?? recommended, from);
    if (date <= last && (first === null || date < first.date)) first = { date, code };
  }
  return first;
}

const ofProgramme = (side: LocalSchedule, groups: GroupForecast[]): GroupForecast[] =>
  groups.filter(({ vaccineGroup }) => side.programme.has(vaccineGroup));

function compiled({ schedules, names, rules }: Followed): LocalSchedule {
  const made = localSchedule({ schedules, names, rules });
  if (!made) throw new Error(`there is no schedule "${names[0]}"`);
  return made;
}
