import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeStrokes,
  encodeStrokes,
  GRID_HEIGHT,
  GRID_WIDTH,
  MOST_SIGNS,
  type Point,
  strokesPath,
} from './strokes.ts';

const point = fc.record({
  x: fc.integer({ min: 0, max: GRID_WIDTH }),
  y: fc.integer({ min: 0, max: GRID_HEIGHT }),
});
const stroke = fc.array(point, { minLength: 1, maxLength: 40 });
/** How far a point lies from the line between two others, or from the nearer end. */
function away(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const square = dx * dx + dy * dy;
  const along = square ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / square : 0;
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(p.x - a.x - at * dx, p.y - a.y - at * dy);
}

it('comes back as it was drawn, within the width of a pen', () => {
  fc.assert(
    fc.property(fc.array(stroke, { minLength: 1, maxLength: 8 }), (drawn) => {
      const text = encodeStrokes(drawn);
      expect(text).toMatch(/^[0-9A-Za-z_-]{4,4000}$/);
      const back = decodeStrokes(text);
      expect(back).toHaveLength(drawn.length);
      for (const [n, one] of (back ?? []).entries()) {
        const own = drawn[n] ?? [];
        expect([one[0], one.at(-1)]).toEqual([own[0], own.at(-1)]);
        for (const p of own) {
          const near = one.map((a, i) => away(p, a, one[i + 1] ?? a));
          expect(Math.min(...near)).toBeLessThan(20);
        }
      }
    }),
  );
});

it('is written the same again', () => {
  fc.assert(
    fc.property(fc.array(stroke, { minLength: 1, maxLength: 5 }), (drawn) => {
      const text = encodeStrokes(drawn);
      expect(encodeStrokes(decodeStrokes(text) ?? [])).toBe(text);
    }),
    { numRuns: 50 },
  );
});

it('never grows beyond what a record holds', () => {
  const scribble = Array.from({ length: 60 }, (_, n) =>
    Array.from({ length: 200 }, (_, i) => ({ x: (i * 37 + n * 11) % 600, y: (i * 91) % 200 })),
  );
  const dots = Array.from({ length: 3000 }, (_, n) => [{ x: (n * 37) % 600, y: (n * 53) % 200 }]);
  for (const drawn of [scribble, dots]) {
    const text = encodeStrokes(drawn);
    expect(text.length).toBeLessThanOrEqual(MOST_SIGNS);
    expect(decodeStrokes(text)?.length).toBeGreaterThan(0);
  }
});

it('fits the pad it was drawn on to the grid', () => {
  const text = encodeStrokes(
    [
      [
        { x: 300, y: 0 },
        { x: 300, y: 100 },
      ],
    ],
    300,
    100,
  );
  expect(decodeStrokes(text)).toEqual([
    [
      { x: 600, y: 0 },
      { x: 600, y: 200 },
    ],
  ]);
  expect(strokesPath(decodeStrokes(text) ?? [])).toBe('M600 0L600 200');
  expect(strokesPath([[{ x: 1, y: 2 }]])).toBe('M1 2L1 2');
});

it('reads nothing that is not its own', () => {
  for (const text of ['', 'B', 'A!', 'AE', 'ACA', 'A____________', 'A9AAA']) {
    expect(decodeStrokes(text) ?? []).toEqual([]);
  }
  expect(encodeStrokes([])).toBe('');
  expect(encodeStrokes([[]])).toBe('');
});
