import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from './canonical.ts';
import type { ChildDoc, ChildEvent } from './document.ts';
import { mergeAll } from './merge.ts';
import { type Division, divide, next, nothingOf, partsOf, refused, taken } from './parts.ts';

const ID = `child:${'0'.repeat(26)}`;
const ulidOf = (n: number) => `01K${String(n).padStart(23, '0')}`;
const dose = (n: number, more: object = {}) =>
  ({ kind: 'dose', vaccine: '0101', lot: `L${n}`, by: 'nurse', ...more }) as unknown as ChildEvent;
const voidOf = (target: string, by = 'nurse') =>
  ({ kind: 'void', target, reason: 'mistake', by }) as unknown as ChildEvent;

const childOf = (events: ChildDoc['events'] = {}, facts: object = {}): ChildDoc => ({
  ...nothingOf(ID),
  events,
  facts: facts as ChildDoc['facts'],
});
const AT = '2026-01-01T00:00:00.000Z';
const fact = (value: string, at = AT) => ({ value, at, by: 'nurse' });

/** Plays a division against a server; returns its end and the number of trials. */
function play(
  start: Division,
  verdict: (before: ChildDoc, trial: ChildDoc) => string | null,
): { end: Division; trials: number } {
  let division = start;
  let trials = 0;
  for (let trial = next(division); trial; trial = next(division)) {
    if (++trials > 1000) throw new Error('it does not end');
    const reason = verdict(division.base, trial);
    division = reason === null ? taken(division) : refused(division, reason);
  }
  return { end: division, trials };
}

const heldNames = ({ held }: Division) => held.map(({ part }) => part.name).sort();

/** Refuses events with a field `bad`, by name or without. */
const badEvents =
  (named: boolean) =>
  (before: ChildDoc, trial: ChildDoc): string | null => {
    const bad = Object.keys(trial.events).find(
      (id) => !(id in before.events) && 'bad' in (trial.events[id] as object),
    );
    if (!bad) return null;
    return named ? `forbidden: [unknown-field] field events.${bad}.bad` : 'forbidden: no';
  };

describe('what a refused record holds beyond the server’s', () => {
  it('is cut into its events and facts; what the server has, or has later, is none of it', () => {
    const base = childOf({ [ulidOf(1)]: dose(1) }, { name: fact('a'), phone: fact('2', '2027') });
    const mine = childOf(
      { [ulidOf(1)]: dose(1), [ulidOf(3)]: dose(3), [ulidOf(2)]: dose(2) },
      { name: fact('a'), phone: fact('1'), remark: fact('x') },
    );
    expect(partsOf(base, [mine]).map(({ name }) => name)).toEqual([
      `event ${ulidOf(2)}`,
      `event ${ulidOf(3)}`,
      `fact remark ${AT}`,
    ]);
  });

  it('has a void after its target, though the clock was set back between', () => {
    const mine = childOf({ [ulidOf(1)]: voidOf(ulidOf(5)), [ulidOf(5)]: dose(5) });
    expect(partsOf(nothingOf(ID), [mine]).map(({ name }) => name)).toEqual([
      `event ${ulidOf(5)}`,
      `event ${ulidOf(1)}`,
    ]);
  });

  it('has the managing site in one part with the receipt that gives it', () => {
    const released = { kind: 'move', step: 'released', from_site: 'A' } as unknown as ChildEvent;
    const received = {
      kind: 'move',
      step: 'received',
      to_site: 'B',
      answers: [ulidOf(1)],
    } as unknown as ChildEvent;
    const mine = childOf(
      { [ulidOf(1)]: released, [ulidOf(2)]: received },
      { site: fact('B'), register_status: fact('10') },
    );
    expect(partsOf(childOf({}, { site: fact('A', '2025') }), [mine])).toMatchObject([
      { name: `event ${ulidOf(1)}`, needs: [] },
      {
        name: `event ${ulidOf(2)}`,
        needs: [`event ${ulidOf(1)}`],
        facts: { site: { value: 'B' } },
      },
      { name: `fact register_status ${AT}` },
    ]);
  });
});

describe('a division', () => {
  it('takes all at once where nothing is refused', () => {
    const mine = childOf({ [ulidOf(1)]: dose(1), [ulidOf(2)]: dose(2) });
    const { end, trials } = play(divide(nothingOf(ID), partsOf(nothingOf(ID), [mine])), () => null);
    expect(trials).toBe(1);
    expect(end).toMatchObject({ base: mine, held: [] });
  });

  it('sets aside what the denial names, and needs three trials for it', () => {
    const events = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [ulidOf(n), dose(n, n === 7 ? { bad: 1 } : {})]),
    );
    const parts = partsOf(nothingOf(ID), [childOf(events)]);
    const { end, trials } = play(divide(nothingOf(ID), parts), badEvents(true));
    expect(heldNames(end)).toEqual([`event ${ulidOf(7)}`]);
    expect(Object.keys(end.base.events)).toHaveLength(19);
    expect(trials).toBe(3);
  });

  it('holds a fact that is named, and no other whose name begins alike', () => {
    const mine = childOf({}, { phone: fact('1'), phone_2: fact('2') });
    const { end } = play(divide(nothingOf(ID), partsOf(nothingOf(ID), [mine])), (_, trial) =>
      trial.facts.phone ? 'forbidden: [wrong-form] field facts.phone.value' : null,
    );
    expect(heldNames(end)).toEqual([`fact phone ${AT}`]);
    expect(end.base.facts).toHaveProperty('phone_2');
  });

  it('never brings a void whose target is refused', () => {
    const mine = childOf({
      [ulidOf(1)]: dose(1, { bad: 1 }),
      [ulidOf(2)]: voidOf(ulidOf(1)),
      [ulidOf(3)]: voidOf(ulidOf(2)),
      [ulidOf(4)]: dose(4),
    });
    for (const named of [true, false]) {
      const parts = partsOf(nothingOf(ID), [mine]);
      const { end } = play(divide(nothingOf(ID), parts), (before, trial) => {
        const orphan = Object.values(trial.events).some(
          (event) => event.kind === 'void' && !(event.target in trial.events),
        );
        if (orphan) throw new Error('a void without its target was tried');
        return badEvents(named)(before, trial);
      });
      expect(heldNames(end)).toEqual([1, 2, 3].map((n) => `event ${ulidOf(n)}`));
      expect(new Set(end.held.map(({ reason }) => reason)).size).toBe(1);
    }
  });

  it('keeps a void beside its target where the database takes it only so', () => {
    // A colleague's own void of his own dose: taken together, refused once the dose is there.
    const mine = childOf({
      [ulidOf(1)]: dose(1),
      [ulidOf(2)]: voidOf(ulidOf(1)),
      [ulidOf(3)]: dose(3, { bad: 1 }),
      [ulidOf(4)]: dose(4),
    });
    const { end } = play(divide(nothingOf(ID), partsOf(nothingOf(ID), [mine])), (before, trial) => {
      for (const [id, event] of Object.entries(trial.events)) {
        if (event.kind === 'void' && !(id in before.events) && event.target in before.events) {
          return 'forbidden: not yours';
        }
      }
      return badEvents(false)(before, trial);
    });
    expect(heldNames(end)).toEqual([`event ${ulidOf(3)}`]);
  });

  /** A record of doses, voids and facts, some of them bad, and part of it on the server already. */
  const record = fc
    .array(
      fc.record({
        bad: fc.boolean(),
        there: fc.boolean(),
        voids: fc.option(fc.nat({ max: 11 }), { nil: null }),
      }),
      { maxLength: 12 },
    )
    .map((list) => {
      const events: ChildDoc['events'] = {};
      const there: ChildDoc['events'] = {};
      for (const [n, { bad, there: known, voids }] of list.entries()) {
        const event =
          voids !== null && voids < n
            ? ({ ...voidOf(ulidOf(voids)), ...(bad && !known && { bad: 1 }) } as ChildEvent)
            : dose(n, bad && !known ? { bad: 1 } : {});
        events[ulidOf(n)] = event;
        if (known) there[ulidOf(n)] = event;
      }
      return { mine: childOf(events), base: childOf(there) };
    });

  it('ends with all that is good on the server and the rest held, whatever the denials say', () => {
    fc.assert(
      fc.property(record, fc.array(fc.nat({ max: 11 })), ({ mine, base }, noise) => {
        const parts = partsOf(base, [mine]);
        let said = 0;
        const { end, trials } = play(divide(base, parts), (before, trial) => {
          const reason = badEvents(false)(before, trial);
          // Names of whatever events, the right one or not.
          return reason && `${reason} ${ulidOf(noise[said++ % (noise.length || 1)] ?? 99)}`;
        });
        const bad = new Set(
          Object.keys(mine.events).filter((id) => 'bad' in (mine.events[id] as object)),
        );
        for (;;) {
          const size = bad.size;
          for (const [id, event] of Object.entries(mine.events)) {
            if (event.kind === 'void' && bad.has(event.target) && !(id in base.events)) bad.add(id);
          }
          if (bad.size === size) break;
        }
        expect(heldNames(end)).toEqual([...bad].map((id) => `event ${id}`).sort());
        // Nothing is lost and nothing twice.
        const whole = mergeAll([
          end.base,
          ...end.held.map(({ part: { events, facts } }) => childOf(events, facts)),
        ]);
        expect(canonical(whole)).toBe(canonical(mergeAll([base, mine])));
        expect(trials).toBeLessThanOrEqual(2 * parts.length + 2 * bad.size + 1);
      }),
      { numRuns: 500 },
    );
  });
});
