/**
 * Courses whose doses count from a first day (按天程序): their days stand in the dictionary `course`; a
 * dose that comes late moves those after it, which keep their distance. Rabies by the rules of 2023
 * (狂犬病暴露预防处置工作规范): exposed again while the course goes on: go on; finished at most three months
 * ago: nothing; longer ago: two doses, days 0 and 3.
 */

import { type ChildDoc, type Dose, type EventOf, standing } from '../case/document.ts';
import type { Entry } from '../models/generated.ts';
import { addAge } from '../schedule/3.4-dates.ts';
import { dateOf, dayOf } from '../ui/format.ts';

type Step = { day: number } | { month: number };

export interface CourseTable {
  vaccine: string;
  /** The first two digits of the products that count (疫苗大类). */
  group: string;
  doses: Step[];
}

/** What the dictionary says of a course; null where it has no days. */
export function tableOf(entry: Entry | undefined): CourseTable | null {
  const more = entry?.more as Partial<CourseTable> | undefined;
  const { vaccine, group, doses } = more ?? {};
  return vaccine && group && doses?.length ? { vaccine, group, doses } : null;
}

const stepFrom = (start: number, step: Step): number =>
  'day' in step ? start + step.day : addAge(start, `${step.month} months`, 'clamp');

export interface CourseDose {
  /** 第几剂, from 1. */
  number: number;
  /** The day on which it should be given, or was to be. */
  due: string;
  /** The dose that was given for it. */
  given: { id: string; date: string } | null;
}

/** A course's doses: given ones with their days, those to come with theirs. */
export function courseDoses(
  table: CourseTable,
  start: string,
  doses: readonly { id: string; date: string; vaccine: string }[],
): CourseDose[] {
  const first = dayOf(start) ?? 0;
  const own = doses
    .filter(({ vaccine, date }) => vaccine.startsWith(table.group) && date >= start)
    .sort((a, b) => a.date.localeCompare(b.date) || a.id.localeCompare(b.id));
  let late = 0;
  return table.doses.map((step, i) => {
    const due = stepFrom(first, step) + late;
    const given = own[i] ?? null;
    // Whoever comes late is late for all that follows; whoever came early is not early for it.
    if (given) late = Math.max(late, (dayOf(given.date) ?? due) - stepFrom(first, step));
    return {
      number: i + 1,
      due: dateOf(due),
      given: given && { id: given.id, date: given.date },
    };
  });
}

export interface CourseStand {
  id: string;
  event: EventOf<'course'>;
  doses: CourseDose[];
  /** The next dose; null: the course is finished. */
  next: CourseDose | null;
}

/** The courses of a case, the latest first; one ends for counting where the next of its kind begins. */
export function coursesOf(
  child: ChildDoc,
  table: (course: string) => CourseTable | null,
): CourseStand[] {
  const doses = standing(child, 'dose').map(({ id, event }) => ({ id, ...(event as Dose) }));
  const all = standing(child, 'course').flatMap(({ id, event }) => {
    const known = table(event.course);
    return known ? [{ id, event, known }] : [];
  });
  return all
    .map(({ id, event, known }) => {
      const later = all
        .filter((one) => one.known.group === known.group && one.event.date > event.date)
        .map((one) => one.event.date)
        .sort()[0];
      const own = later ? doses.filter(({ date }) => date < later) : doses;
      const found = courseDoses(known, event.date, own);
      return { id, event, doses: found, next: found.find(({ given }) => !given) ?? null };
    })
    .sort((a, b) => b.event.date.localeCompare(a.event.date) || b.id.localeCompare(a.id));
}

/** Days of three months, within which a finished course protects. */
const MONTHS = 3;
const RABIES = '28';

export type RabiesAdvice =
  | { kind: 'course' }
  | { kind: 'go-on'; course: string }
  | { kind: 'protected'; until: string }
  | { kind: 'booster' };

/** What an exposure on a day asks for, by the courses that the case has (see the file's head). */
export function rabiesAdvice(courses: readonly CourseStand[], exposed: string): RabiesAdvice {
  const own = courses.filter(
    ({ event }) => event.vaccine.startsWith(RABIES) && event.date <= exposed,
  );
  const [last] = own;
  if (!last) return { kind: 'course' };
  const finished = own.find(({ next }) => next === null);
  // One that was begun and left long ago protects nobody; one that goes on is gone on with.
  const open = last.next !== null;
  const fresh = (dayOf(exposed) ?? 0) - (dayOf(last.event.date) ?? 0) <= GONE_ON_DAYS;
  if (open && fresh && last.event.course !== 'rabies-pre') {
    return { kind: 'go-on', course: last.id };
  }
  const end = finished?.doses.at(-1)?.given?.date;
  if (!end) return { kind: 'course' };
  const until = dateOf(addAge(dayOf(end) ?? 0, `${MONTHS} months`, 'clamp'));
  return exposed <= until ? { kind: 'protected', until } : { kind: 'booster' };
}

/** So long a course that was begun is still the same course. */
const GONE_ON_DAYS = 90;

/** 狂犬病被动免疫: grade 3, unless a whole course was given before. */
export function wantsImmunoglobulin(grade: string, advice: RabiesAdvice): boolean {
  return grade === '3' && (advice.kind === 'course' || advice.kind === 'go-on');
}
