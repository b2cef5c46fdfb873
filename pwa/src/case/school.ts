/** A child's check at entry to a nursery or school, and what became of it (入托入学查验、补种复验). */
import { type ChildDoc, type EventOf, standing } from './document.ts';

type Check = EventOf<'school_check'>;

export interface SchoolEntry {
  /** The first check's event. */
  id: string;
  school: string;
  year: string;
  grade: string | null;
  className: string | null;
  /** As it was at the first check. */
  first: Pick<Check, 'date' | 'certificate' | 'result'> & { missing: string[] };
  /** As it was when it was looked at last; the first itself while nobody looked again. */
  now: Pick<Check, 'date' | 'result'> & { missing: string[] };
}

/** The last entry; null for a child that was never checked. */
export function schoolEntry(child: ChildDoc): SchoolEntry | null {
  const checks = standing(child, 'school_check');
  const first = checks.findLast(({ event }) => event.rechecks === undefined);
  if (!first) return null;
  const { id, event } = first;
  const last = checks.findLast(({ event: one }) => one.rechecks === id)?.event ?? event;
  return {
    id,
    school: event.school,
    year: event.year,
    grade: event.grade ?? null,
    className: event.class_name ?? null,
    first: {
      date: event.date,
      certificate: event.certificate,
      result: event.result,
      missing: event.missing ?? [],
    },
    now: { date: last.date, result: last.result, missing: last.missing ?? [] },
  };
}
