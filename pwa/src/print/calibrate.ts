/** What follows from two crosses of the test grid that were measured (校准). */

import type { Calibration } from '../devices/generated.ts';

/** Crosses stand every 20 mm, from 10 mm on: `test_grid` of the bridge's driver. */
const FIRST_MM = 10;
const STEP_MM = 20;

export interface Point {
  x: number;
  y: number;
}

/** The two crosses to measure: the first, and the last in both directions. */
export function crossesOf(width: number, height: number): { near: Point; far: Point } {
  const last = (end: number) => FIRST_MM + Math.floor((end - 1 - FIRST_MM) / STEP_MM) * STEP_MM;
  return {
    near: { x: FIRST_MM, y: FIRST_MM },
    far: { x: last(Math.floor(width) - FIRST_MM), y: last(Math.floor(height) - STEP_MM / 4) },
  };
}

/** Further than this from where it belongs it was mismeasured, or the page lay askew. */
export const MOST_MM = 40;

/**
 * The calibration with which the crosses would have been where they say. `before` is the one that the
 * grid was printed with. Null for measures that no printer makes.
 */
export function calibrated(
  before: Calibration,
  { near, far }: { near: Point; far: Point },
  seen: { near: Point; far: Point },
): Calibration | null {
  const axis = (name: 'x' | 'y'): { scale: number; move: number } | null => {
    const said = far[name] - near[name];
    const found = seen.far[name] - seen.near[name];
    const off = Math.max(
      ...[seen.near[name] - near[name], seen.far[name] - far[name]].map(Math.abs),
    );
    if (!(found > 0) || !(off <= MOST_MM)) return null;
    // On the paper is a × what the printer was told + b.
    const a = found / said / (before[`${name}_scale`] ?? 1);
    const told = near[name] * (before[`${name}_scale`] ?? 1) + (before[`${name}_mm`] ?? 0);
    const b = seen.near[name] - a * told;
    return { scale: 1 / a, move: -b / a };
  };
  const [x, y] = [axis('x'), axis('y')];
  if (!x || !y) return null;
  if ([x.scale, y.scale].some((scale) => scale < 0.8 || scale > 1.25)) return null;
  const round = (value: number, digits: number) => Number(value.toFixed(digits)) + 0;
  return {
    x_mm: round(x.move, 2),
    y_mm: round(y.move, 2),
    x_scale: round(x.scale, 4),
    y_scale: round(y.scale, 4),
  };
}
