/** The Chinese schedules and cases, read for the tests from where the program keeps them. */
import { readdirSync, readFileSync } from 'node:fs';
import { Answerer } from '../batch.ts';
import type { Layer, Schedule } from '../types.ts';

const ROOT = new URL('../../../../', import.meta.url);
const SCHEDULES = new URL('backend/miaopu/catalog/schedules/', ROOT);
const CASES = new URL('tests/schedule-cases/cn/', ROOT);

/** A line of tests/schedule-cases/cn; every expectation follows from the rule that it names. */
export interface CnCase {
  suite: string;
  id: string;
  name: string;
  rule: string;
  schedule: string;
  vaccine_group: string;
  assessment_date: string;
  dob: string;
  gender: string;
  doses: { n: number; date: string; code: string; expect_status: string | null }[];
  expected: {
    /** Null: the group is not in the answer at all. */
    series_status: string | null;
    forecast_number: string | null;
    earliest_date: string | null;
    recommended_date: string | null;
    past_due_date: string | null;
    vaccines?: string[];
  };
}

export interface Answer {
  error?: string;
  groups: {
    vaccine_group: string;
    series_status: string;
    forecast_number: string | null;
    earliest_date: string | null;
    recommended_date: string | null;
    past_due_date: string | null;
    vaccines: string[];
    reasons: { code: string }[];
  }[];
  doses: { n: number; vaccine_group: string; status: string; reasons: { code: string }[] }[];
}

const text = (folder: URL, name: string): string => readFileSync(new URL(name, folder), 'utf8');

export const scheduleText = (name: string): string => text(SCHEDULES, `${name}.json`);
export const schedule = (name: string): Schedule => JSON.parse(scheduleText(name)) as Schedule;

/** The cases by the file that holds them. */
export function caseFiles(): [name: string, cases: CnCase[]][] {
  return readdirSync(CASES)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => [
      name.replace('.jsonl', ''),
      text(CASES, name)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as CnCase),
    ]);
}

const answerers = new Map<string, Answerer>();

/** The engine's answer, as `miaopu forecast` gives it. */
export function answer(
  each: Omit<CnCase, 'expected' | 'rule' | 'name' | 'suite' | 'id' | 'vaccine_group'>,
  layers: Layer[] = [],
): Answer {
  const key = each.schedule + JSON.stringify(layers);
  let answerer = answerers.get(key);
  if (answerer === undefined) {
    answerer = new Answerer(scheduleText(each.schedule), JSON.stringify(layers));
    answerers.set(key, answerer);
  }
  return JSON.parse(answerer.answer(JSON.stringify(each))) as Answer;
}
