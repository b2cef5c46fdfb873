import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAnother, rated, summary } from './ratings';

describe('ratings', () => {
  it('are counted by who was logged in', () => {
    let given = rated([], 'nurse1', 5);
    given = rated(given, 'nurse2', 1);
    given = rated(given, 'nurse1', 4);
    expect(given).toEqual([
      { by: 'nurse2', scores: [1, 0, 0, 0, 0] },
      { by: 'nurse1', scores: [0, 0, 0, 1, 1] },
    ]);
    expect(summary([{ given }])).toEqual({ count: 3, scores: [1, 0, 0, 1, 1], average: 10 / 3 });
    expect(summary([])).toEqual({ count: 0, scores: [0, 0, 0, 0, 0], average: null });
  });

  it('lose no press', () => {
    const press = fc.record({
      by: fc.constantFrom('a', 'b', 'c'),
      score: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(press), (presses) => {
        const given = presses.reduce(
          (now, { by, score }) => rated(now, by, score),
          rated([], 'a', 3),
        );
        expect(summary([{ given }]).count).toBe(presses.length + 1);
      }),
    );
  });

  it('are one a guardian: a second press of the same hand, or another window, is none', () => {
    const at = '2026-11-29T01:00:00.000Z';
    expect(isAnother(at, null)).toBe(true);
    expect(isAnother(at, at)).toBe(false);
    expect(isAnother('2026-11-29T01:00:04.999Z', at)).toBe(false);
    expect(isAnother('2026-11-29T01:00:05.000Z', at)).toBe(true);
  });
});
