import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ChildDoc, fact } from './document.ts';
import { groupOf, links, representative, suspicion, toldApart, union } from './joined.ts';

interface Vectors {
  pairs: {
    title: string;
    a: ChildDoc;
    b: ChildDoc;
    suspicion: string | null;
    told_apart: boolean;
  }[];
  groups: {
    title: string;
    members: ChildDoc[];
    shown: string;
    facts: Record<string, unknown>;
    events: string[];
  }[];
}

const { pairs, groups } = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/moves.json', import.meta.url), 'utf8'),
) as Vectors;

describe('two cases', () => {
  it.each(pairs.map((pair) => [pair.title, pair] as const))('%s', (_, pair) => {
    const { a, b } = pair;
    expect(suspicion(a, b)).toBe(pair.suspicion);
    expect(suspicion(b, a)).toBe(pair.suspicion);
    expect(toldApart(a, b)).toBe(pair.told_apart);
    expect(toldApart(b, a)).toBe(pair.told_apart);
  });
});

describe('a group of cases', () => {
  it.each(groups.map((group) => [group.title, group] as const))('%s', (_, group) => {
    const { members } = group;
    const ids = members.map(({ _id }) => _id).sort();
    const linked = new Map(members.map((child) => [child._id, links(child)]));
    for (const id of ids) expect(groupOf(id, linked)).toEqual(ids);
    for (const order of [members, [...members].reverse()]) {
      expect(representative(order)).toBe(group.shown);
      const one = union(order);
      expect(one._id).toBe(group.shown);
      expect(Object.keys(one.events).sort()).toEqual(group.events);
      for (const [name, value] of Object.entries(group.facts)) {
        expect(fact(one, name as 'name')).toBe(value);
      }
    }
  });
});
