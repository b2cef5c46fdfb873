import { expect, it } from 'vitest';
import type { Calibration } from '../devices/generated.ts';
import { calibrated, crossesOf, type Point } from './calibrate';

const STRAIGHT: Calibration = { x_mm: 0, y_mm: 0, x_scale: 1, y_scale: 1 };
const crosses = crossesOf(140, 100);

/** A printer that stretches by `a` and moves by `b` what it is told. */
const printer =
  (a: Point, b: Point) =>
  (how: Calibration, at: Point): Point => ({
    x: a.x * (at.x * how.x_scale + how.x_mm) + b.x,
    y: a.y * (at.y * how.y_scale + how.y_mm) + b.y,
  });

it('measures crosses that the grid has', () => {
  expect(crosses).toEqual({ near: { x: 10, y: 10 }, far: { x: 110, y: 90 } });
});

it.each([
  { x: 1, y: 1, dx: 2.5, dy: -3 },
  { x: 1.02, y: 0.985, dx: -4, dy: 6.2 },
])('puts the crosses where they say, whatever the printer does: %o', ({ x, y, dx, dy }) => {
  const prints = printer({ x, y }, { x: dx, y: dy });
  let how = STRAIGHT;
  // Measured again after it was calibrated, it stays as it is.
  for (const _ of [1, 2]) {
    const seen = { near: prints(how, crosses.near), far: prints(how, crosses.far) };
    const next = calibrated(how, crosses, seen);
    expect(next).not.toBeNull();
    if (next) how = next;
    const after = prints(how, { x: 58.2, y: 45.3 });
    expect(Math.abs(after.x - 58.2)).toBeLessThan(0.05);
    expect(Math.abs(after.y - 45.3)).toBeLessThan(0.05);
  }
});

it('refuses what no printer does', () => {
  const seen = (near: Point, far: Point) => calibrated(STRAIGHT, crosses, { near, far });
  expect(seen({ x: 10, y: 10 }, { x: 10, y: 90 })).toBeNull();
  expect(seen({ x: 110, y: 10 }, { x: 10, y: 90 })).toBeNull();
  expect(seen({ x: 10, y: 10 }, { x: Number.NaN, y: 90 })).toBeNull();
  expect(seen({ x: 60, y: 10 }, { x: 160, y: 90 })).toBeNull();
});
