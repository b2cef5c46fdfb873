/** Ratings of a desk (家长评价), by day and by who was logged in. */

import type { Ratings } from '../models/generated.ts';

export type Given = Ratings['given'];

/** One guardian presses once: what comes within this time of the last press is the same hand. */
export const SAME_HAND_MS = 5_000;

/** Whether a press at that instant is another than the last one that counted. */
export function isAnother(at: string, last: string | null): boolean {
  return last === null || Date.parse(at) - Date.parse(last) >= SAME_HAND_MS;
}

/** The ratings with one more for `by`; `score` is 1 to 5. */
export function rated(given: Given, by: string, score: number): Given {
  const own = given.find((one) => one.by === by) ?? { by, scores: [0, 0, 0, 0, 0] };
  const scores = own.scores.map((count, i) => (i === score - 1 ? count + 1 : count));
  return [...given.filter((one) => one.by !== by), { by, scores }];
}

export interface Summary {
  count: number;
  /** How often 1, 2, 3, 4, 5. */
  scores: number[];
  /** Null when nobody rated. */
  average: number | null;
}

/** What the desks of a clinic come to together. */
export function summary(desks: readonly Pick<Ratings, 'given'>[]): Summary {
  const scores = [0, 0, 0, 0, 0];
  for (const { given } of desks) {
    for (const one of given) {
      for (const [i, count] of one.scores.entries()) scores[i] = (scores[i] ?? 0) + count;
    }
  }
  const count = scores.reduce((sum, one) => sum + one, 0);
  const points = scores.reduce((sum, one, i) => sum + one * (i + 1), 0);
  return { count, scores, average: count ? points / count : null };
}
