import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from './canonical.ts';
import { type ChildDoc, type ChildEvent, fact } from './document.ts';
import { merge } from './merge.ts';
import { holders, may, moveState, registerStatus, unanswered } from './moving.ts';

interface Vector {
  title: string;
  child: ChildDoc;
  holders: string[];
  state: { phase: string; from: string | null; to: string[]; steps: string[] };
  may: Record<string, string[]>;
  status: Record<string, string | null>;
}

const { moves } = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/moves.json', import.meta.url), 'utf8'),
) as { moves: Vector[] };

describe('the vectors that the server is held against too', () => {
  it.each(moves.map((vector) => [vector.title, vector] as const))('%s', (_, vector) => {
    const { child } = vector;
    expect([...holders(child)].sort()).toEqual(vector.holders);
    expect(moveState(child)).toEqual(vector.state);
    for (const [site, steps] of Object.entries(vector.may)) {
      expect([...may(child, site)].sort()).toEqual(steps);
    }
    for (const [site, status] of Object.entries(vector.status)) {
      expect(registerStatus(child, site)).toBe(status);
    }
  });
});

const [OLD, NEW] = ['3301020001', '3301020002'] as const;
const SITES = [OLD, NEW] as const;
const START: ChildDoc = {
  _id: 'child:01K9A3Q6Z0000000000000000A',
  type: 'child',
  facts: { site: { value: OLD, at: '2026-11-20T00:00:00.000Z', by: 'n' } },
  events: {},
};

/** Two sites, each with its own copy; what a site does, it does by its own copy alone. */
function play(history: readonly (readonly [number, string])[]) {
  const copies = [START, START];
  const written = new Set<string>();
  let number = 0;
  const add = (at: number, event: object, site?: string) => {
    const copy = copies[at] as ChildDoc;
    const id = `01K9A3Q6Z0000000000000E${String(number).padStart(3, '0')}`;
    const instant = `2026-11-23T00:00:00.${String(number++).padStart(3, '0')}Z`;
    written.add(id);
    copies[at] = merge(copy, {
      _id: copy._id,
      type: 'child',
      facts: site ? { site: { value: site, at: instant, by: 'n' } } : {},
      events: { [id]: { at: instant, site: SITES[at], ...event } as unknown as ChildEvent },
    });
  };
  const act = (at: number, step: string) => {
    const copy = copies[at] as ChildDoc;
    const site = SITES[at] as string;
    const other = SITES[1 - at] as string;
    if (step === 'dose') return add(at, { kind: 'dose' });
    if (!may(copy, site).has(step as 'requested')) return;
    const from = moveState(copy).from;
    const move = { kind: 'move', step, from_site: from };
    if (step === 'released') add(at, { ...move, to_site: other });
    else if (step === 'requested') add(at, { ...move, to_site: site });
    else add(at, { ...move, to_site: site, answers: unanswered(copy) }, site);
  };
  const meet = () => {
    const both = merge(copies[0] as ChildDoc, copies[1] as ChildDoc);
    copies[0] = both;
    copies[1] = both;
  };
  for (const [at, step] of history) {
    if (step === 'meet') meet();
    else act(at, step);
  }
  return { copies, written, meet, act };
}

describe('in every order of what two sites do', () => {
  const entry = fc.tuple(
    fc.constantFrom(0, 1),
    fc.constantFrom('requested', 'released', 'received', 'dose', 'meet'),
  );

  it('all copies end alike, nothing is lost, and the move can be carried to its end', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 14 }), (history) => {
        const { copies, written, meet, act } = play(history);
        meet();
        const child = copies[0] as ChildDoc;
        expect(canonical(copies[0])).toBe(canonical(copies[1]));
        expect(new Set(Object.keys(child.events))).toEqual(written);
        const manager = SITES.indexOf(fact(child, 'site') as typeof OLD);
        act(manager, 'released');
        meet();
        expect(moveState(copies[0] as ChildDoc).phase).toBe('released');
        act(1 - manager, 'received');
        meet();
        const end = copies[0] as ChildDoc;
        expect(fact(end, 'site')).toBe(SITES[1 - manager]);
        expect(moveState(end).phase).toBe('none');
        expect(registerStatus(end, SITES[manager] as string)).toBe('2');
        expect(holders(end)).toEqual(new Set(SITES));
      }),
      { numRuns: 400 },
    );
  });

  it('nobody receives what was not released', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 14 }), (history) => {
        const { copies } = play(history);
        for (const copy of copies) {
          const events = Object.values(copy.events);
          for (const event of events) {
            if (event.kind !== 'move' || event.step !== 'received') continue;
            const answered = (event.answers ?? []).map((id) => copy.events[id]);
            expect(answered.some((one) => one?.kind === 'move' && one.step === 'released')).toBe(
              true,
            );
          }
        }
      }),
    );
  });
});
