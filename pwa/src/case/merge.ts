/**
 * The merge of two versions of a child's document (个案合并): the union of the events and, of each
 * fact, the later. Pure, commutative, associative and idempotent; the server has the same function
 * (`miaopu.case.merge`), and both are held against the same vectors.
 */
import { canonical, compareCodePoints } from './canonical.ts';
import type { ChildDoc, ChildEvent, FactName, Facts } from './document.ts';

type AnyFact = NonNullable<Facts[FactName]>;

function compareFacts(a: AnyFact, b: AnyFact): number {
  return (
    compareCodePoints(a.at, b.at) ||
    compareCodePoints(a.by, b.by) ||
    compareCodePoints(canonical(a.value), canonical(b.value)) ||
    compareCodePoints(canonical(a), canonical(b))
  );
}

function standingEvent(a: ChildEvent, b: ChildEvent): ChildEvent {
  return compareCodePoints(canonical(a), canonical(b)) <= 0 ? a : b;
}

/** One document out of two versions of it, without `_rev`. Throws when they are two children. */
export function merge(a: ChildDoc, b: ChildDoc): ChildDoc {
  if (a._id !== b._id) throw new Error(`${a._id} and ${b._id} are two children: not merged`);
  const facts: Record<string, unknown> = { ...a.facts };
  for (const name of Object.keys(b.facts) as FactName[]) {
    const mine = a.facts[name];
    const theirs = b.facts[name];
    if (!mine || (theirs && compareFacts(theirs, mine) > 0)) facts[name] = theirs ?? mine;
  }
  const events: Record<string, ChildEvent> = { ...a.events };
  for (const [id, event] of Object.entries(b.events)) {
    const mine = events[id];
    events[id] = mine ? standingEvent(mine, event) : event;
  }
  return { _id: a._id, type: 'child', facts: facts as Facts, events };
}

/** The merge of one or more versions, in whatever order they come. */
export function mergeAll(versions: readonly ChildDoc[]): ChildDoc {
  const [first, ...others] = versions;
  if (!first) throw new Error('nothing to merge');
  return others.reduce(merge, merge(first, first));
}
