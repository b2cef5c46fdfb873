import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from './canonical.ts';
import type { ChildDoc } from './document.ts';
import { merge, mergeAll } from './merge.ts';

interface Vectors {
  merge: { title: string; versions: ChildDoc[]; merged: ChildDoc }[];
  canonical?: { value: unknown; text: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/merge.json', import.meta.url), 'utf8'),
) as Vectors;

describe('the vectors that the server is held against too', () => {
  it.each(vectors.merge.map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    expect(canonical(mergeAll(vector.versions))).toBe(canonical(vector.merged));
    expect(canonical(mergeAll([...vector.versions].reverse()))).toBe(canonical(vector.merged));
  });
});

const instant = fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z');
const fact = fc.record({
  value: fc.option(fc.constantFrom('张三', '李四', '\u{20000}', '\uff5e'), { nil: null }),
  at: instant,
  by: fc.constantFrom('a', 'b'),
});
const event = fc.record({
  kind: fc.constant('precheck'),
  date: fc.constantFrom('2026-01-01', '2026-01-02'),
  passed: fc.boolean(),
  temperature: fc.constantFrom(36, 36.5),
});
const version: fc.Arbitrary<ChildDoc> = fc
  .record({
    facts: fc.dictionary(fc.constantFrom('name', 'remark', 'school'), fact),
    events: fc.dictionary(fc.constantFrom('A', 'B', 'C'), event),
  })
  .map((body) => ({ _id: 'child:1', type: 'child', ...body }) as unknown as ChildDoc);

describe('merge', () => {
  it('does not depend on the order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(canonical(merge(a, b))).toBe(canonical(merge(b, a)));
        expect(canonical(merge(merge(a, b), c))).toBe(canonical(merge(a, merge(b, c))));
        expect(canonical(merge(a, a))).toBe(canonical(a));
      }),
    );
  });

  it('drops no event and changes neither version', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const before = canonical([a, b]);
        const merged = merge(a, b);
        expect(Object.keys(merged.events).sort()).toEqual(
          [...new Set([...Object.keys(a.events), ...Object.keys(b.events)])].sort(),
        );
        expect(canonical([a, b])).toBe(before);
      }),
    );
  });

  it('refuses two children', () => {
    const child = { type: 'child', facts: {}, events: {} } as const;
    expect(() => merge({ _id: 'child:1', ...child }, { _id: 'child:2', ...child })).toThrow();
    expect(() => mergeAll([])).toThrow();
  });
});

describe('canonical JSON', () => {
  it('sorts keys by code point, and writes no spaces', () => {
    expect(canonical({ '\uff5e': 1, '\u{20000}': 2, a: [36.0, null, 'ü'] })).toBe(
      '{"a":[36,null,"ü"],"\uff5e":1,"\u{20000}":2}',
    );
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => canonical(Number.NaN)).toThrow(TypeError);
    expect(() => canonical([undefined])).toThrow(TypeError);
  });
});
