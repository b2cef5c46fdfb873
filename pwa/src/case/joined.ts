/**
 * Cases of one child (合并个案), joined by events `same_as`: neither document is changed, they are
 * read together, and voiding the event parts them. The server has the same rules
 * (`miaopu.case.joined`); both are held against `tests/vectors/moves.json`.
 */
import { type ChildDoc, cards, type FactName, type Facts, fact, standing } from './document.ts';
import { merge } from './merge.ts';
import { comparableName } from './name.ts';

export type Suspicion = 'id_number' | 'card' | 'person' | 'family';

/** The cases that this one is joined to by its own standing events. */
export function links(child: ChildDoc): string[] {
  return [...new Set(standing(child, 'same_as').map(({ event }) => event.target))]
    .filter((id) => id !== child._id)
    .sort();
}

/** Every case joined to `start`, by whatever way round; `linked` maps a case to its links. */
export function groupOf(start: string, linked: ReadonlyMap<string, readonly string[]>): string[] {
  const neighbours = new Map<string, Set<string>>();
  const note = (a: string, b: string) => {
    const known = neighbours.get(a);
    if (known) known.add(b);
    else neighbours.set(a, new Set([b]));
  };
  for (const [source, targets] of linked) {
    for (const target of targets) {
      note(source, target);
      note(target, source);
    }
  }
  const found = new Set([start]);
  // A set is walked in the order of adding, so this reaches everything.
  for (const id of found) for (const other of neighbours.get(id) ?? []) found.add(other);
  return [...found].sort();
}

/** The case under which a group is shown: one that is joined to no other, else the oldest. */
export function representative(group: readonly ChildDoc[]): string {
  const members = [...group].sort((a, b) => (a._id < b._id ? -1 : 1));
  const root = members.find((child) => links(child).length === 0) ?? members[0];
  if (!root) throw new Error('a group of no cases');
  return root._id;
}

/**
 * A group as one child: the events of all; of the facts, the representative's, and what it lacks
 * from the others; what was cleared there after the others had it, it does not lack. `_rev` is the representative's; the other cases' revisions stand among its
 * `_conflicts`, so that a change of any of them is noticed.
 */
export function union(group: readonly ChildDoc[]): ChildDoc {
  const id = representative(group);
  const shown = group.find((child) => child._id === id) as ChildDoc;
  const rest = group.filter((child) => child._id !== id);
  const [first, ...others] = rest.map((child): ChildDoc => ({ ...child, _id: id }));
  if (!first) return shown;
  const known = others.reduce(merge, first);
  const facts: Record<string, unknown> = { ...shown.facts };
  for (const name of Object.keys(known.facts) as FactName[]) {
    const [own, other] = [shown.facts[name], known.facts[name]];
    if (!own || (own.value === null && own.at < (other?.at ?? ''))) facts[name] = other;
  }
  const { events } = merge(shown, { ...known, facts: {} });
  const revisions = rest.flatMap(({ _rev, _conflicts = [] }) => [
    ...(_rev ? [_rev] : []),
    ..._conflicts,
  ]);
  return {
    ...shown,
    facts: facts as Facts,
    events,
    _conflicts: [...(shown._conflicts ?? []), ...revisions],
  };
}

/** Was the case opened without the true one at hand (临时建案)? */
export function isProvisional(child: ChildDoc): boolean {
  return standing(child, 'visit').some(({ event }) => event.provisional === true);
}

/** Has a person said that these are two children, or parted them? */
export function toldApart(a: ChildDoc, b: ChildDoc): boolean {
  const says = (one: ChildDoc, other: ChildDoc) =>
    standing(one, 'not_same_as').some(({ event }) => event.target === other._id) ||
    (!links(one).includes(other._id) &&
      Object.values(one.events).some(
        (event) => event.kind === 'same_as' && event.target === other._id,
      ));
  return says(a, b) || says(b, a);
}

/** Name, birth date and mother's name as they are compared; null when one is not known. */
export function personKey(
  name: string | null,
  birthDate: string | null,
  mother: string | null,
): string | null {
  if (!name || birthDate === null || mother === null) return null;
  return JSON.stringify([comparableName(name), birthDate, comparableName(mother)]);
}

/** What a case tells of its family, as far as it is known. */
export interface FamilyFacts {
  birthDate: string | null;
  mother: string | null;
  phone: string | null;
  sex: string | null;
  idNumber: string | null;
}

/**
 * Are both born on one day to one mother, or with one telephone? A newborn without a name (陈某之子)
 * that gets one later is the usual duplicate. Not where the sex or both ID numbers tell them apart, as
 * of twins.
 */
export function sameFamily(a: FamilyFacts, b: FamilyFacts): boolean {
  if (a.birthDate === null || a.birthDate !== b.birthDate) return false;
  if (a.idNumber !== null && b.idNumber !== null && a.idNumber !== b.idNumber) return false;
  const sexes = new Set([a.sex, b.sex].filter((sex) => sex === 'M' || sex === 'F'));
  if (sexes.size > 1) return false;
  const same = (one: string | null, other: string | null) =>
    one !== null && other !== null && comparableName(one) === comparableName(other);
  return same(a.mother, b.mother) || same(a.phone, b.phone);
}

function familyOf(child: ChildDoc): FamilyFacts {
  return {
    birthDate: fact(child, 'birth_date'),
    mother: fact(child, 'mother_name'),
    phone: fact(child, 'phone'),
    sex: fact(child, 'sex'),
    idNumber: fact(child, 'id_number'),
  };
}

/** Why two cases may be one child (疑似重复); null when there is no reason. */
export function suspicion(a: ChildDoc, b: ChildDoc): Suspicion | null {
  const number = fact(a, 'id_number');
  if (number !== null && number === fact(b, 'id_number')) return 'id_number';
  const held = cards(b);
  if (cards(a).some((card) => held.includes(card))) return 'card';
  const person = (child: ChildDoc) =>
    personKey(fact(child, 'name'), fact(child, 'birth_date'), fact(child, 'mother_name'));
  const known = person(a);
  if (known !== null && known === person(b)) return 'person';
  return sameFamily(familyOf(a), familyOf(b)) ? 'family' : null;
}
