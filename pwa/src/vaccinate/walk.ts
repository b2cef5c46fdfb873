/**
 * 三查七对一验证, walked through item by item at each dose: what was proved by a scan or recorded at a
 * desk before is ticked by that, and a person looks at the rest, step by step, after the vial was seen.
 */

/** The eleven items of the national rule (预防接种工作规范). */
export const CHECKS = [
  'health',
  'booklet',
  'appearance',
  'name',
  'age',
  'vaccine',
  'spec',
  'amount',
  'site',
  'route',
  'guardian',
] as const;
export type Check = (typeof CHECKS)[number];

/** What a person looks at in one go. */
export const LOOKS = ['booklet', 'vial', 'guardian', 'given'] as const;
export type Look = (typeof LOOKS)[number];

const CHECKED_BY: Record<Look, readonly Check[]> = {
  booklet: ['booklet', 'name', 'age'],
  vial: ['appearance', 'vaccine', 'spec'],
  guardian: ['guardian'],
  given: ['amount', 'site', 'route'],
};

export interface Walk {
  /** The pre-check was passed. */
  precheck: boolean;
  /** The child's own certificate was swiped at this desk. */
  swiped: boolean;
  /** A trace code named the vaccine. */
  scanned: boolean;
  /** What a person has looked at of this dose. */
  looked: readonly Look[];
}

/** What is ticked. */
export function ticked({ precheck, swiped, scanned, looked }: Walk): Set<Check> {
  const done = new Set<Check>(looked.flatMap((look) => CHECKED_BY[look]));
  if (precheck) done.add('health');
  if (swiped) for (const check of CHECKED_BY.booklet) done.add(check);
  if (scanned) done.add('vaccine').add('spec');
  return done;
}

/** What is looked at next; null: all eleven are ticked. */
export function nextLook(walk: Walk): Look | null {
  const done = ticked(walk);
  return LOOKS.find((look) => CHECKED_BY[look].some((check) => !done.has(check))) ?? null;
}
