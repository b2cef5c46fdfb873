/**
 * Takes apart a child's record that the server refuses (拆分被拒的档案): finds out which of its events
 * and facts it takes, and which it refuses, by trying. Pure: a {@link Division} says what to try
 * next and is told what came of it.
 *
 * The server's validators look at a whole document, so one bad event keeps out the good ones that
 * stand beside it. What the refused record holds beyond the server's is cut into parts; all of them
 * are tried on top of the server's record, those that a denial names are set aside, and a denial
 * that names none is halved.
 */
import { canonical } from './canonical.ts';
import { eventOfPart, factOfPart, readDenial } from './denial.ts';
import type { ChildDoc, FactName, Facts } from './document.ts';
import { merge, mergeAll } from './merge.ts';

/** What is taken or refused as one: an event, or a fact (一条内容). */
export interface Part {
  /** `event <ULID>`, or `fact <field> <at>`: a later value of the field is another part. */
  name: string;
  events: ChildDoc['events'];
  facts: Facts;
  /** Names of the parts without which this one means nothing: a void's target. */
  needs: readonly string[];
}

export interface Held {
  part: Part;
  /** In the server's words. */
  reason: string;
  /** The part for whose sake it was not tried: one that this needs and that is held. */
  waits?: string;
}

export interface Division {
  /** The server's record, with what it has taken since. */
  readonly base: ChildDoc;
  /** Parts that are still to be tried, those of one group together. */
  readonly queue: readonly (readonly Part[])[];
  readonly held: readonly Held[];
}

const eventName = (id: string) => `event ${id}`;

/** What a part's name says: the ULID of an event, or a field and when its value was set. */
export function readName(name: string): { event: string } | { fact: string; at: string } {
  const [kind, key = '', at = ''] = name.split(' ');
  return kind === 'event' ? { event: key } : { fact: key, at };
}

/** Does a record hold the part of this name? */
export function holds(
  { events, facts }: Pick<ChildDoc, 'events' | 'facts'>,
  name: string,
): boolean {
  const part = readName(name);
  if ('event' in part) return part.event in events;
  return facts[part.fact as FactName]?.at === part.at;
}

/** A child of which nothing is known. */
export function nothingOf(id: string): ChildDoc {
  return { _id: id, type: 'child', facts: {}, events: {} };
}

/**
 * What `others` hold beyond `base`, each part after those that it needs. A managing site comes
 * together with the receipt that gives it (转入接收): the database takes neither alone.
 */
export function partsOf(base: ChildDoc, others: readonly ChildDoc[]): Part[] {
  const whole = mergeAll([base, ...others]);
  const differs = (a: unknown, b: unknown) => a === undefined || canonical(a) !== canonical(b);
  const events = Object.keys(whole.events)
    .filter((id) => differs(base.events[id], whole.events[id]))
    .sort();
  const facts = (Object.keys(whole.facts) as FactName[])
    .filter((field) => differs(base.facts[field], whole.facts[field]))
    .sort();
  const factOf = (field: FactName) => ({ [field]: whole.facts[field] }) as Facts;
  const manager = facts.includes('site') ? whole.facts.site?.value : null;
  const receipt = events.findLast((id) => {
    const event = whole.events[id];
    return event?.kind === 'move' && event.step === 'received' && event.to_site === manager;
  });
  const parts = events.map((id): Part => {
    const event = whole.events[id] as ChildDoc['events'][string];
    const named =
      event.kind === 'void'
        ? [event.target]
        : event.kind === 'move' && event.step === 'received'
          ? (event.answers ?? [])
          : [];
    return {
      name: eventName(id),
      events: { [id]: event },
      facts: id === receipt ? factOf('site') : {},
      needs: named.filter((one) => one !== id && events.includes(one)).map(eventName),
    };
  });
  for (const field of facts) {
    if (field === 'site' && receipt !== undefined) continue;
    const name = `fact ${field} ${whole.facts[field]?.at}`;
    parts.push({ name, events: {}, facts: factOf(field), needs: [] });
  }
  return inOrder(parts);
}

/** Each after what it needs; what needs itself round a circle keeps its place. */
function inOrder(parts: readonly Part[]): Part[] {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const sorted = new Set<Part>();
  const visiting = new Set<Part>();
  const visit = (part: Part) => {
    if (sorted.has(part) || visiting.has(part)) return;
    visiting.add(part);
    for (const name of part.needs) {
      const needed = byName.get(name);
      if (needed) visit(needed);
    }
    sorted.add(part);
  };
  for (const part of parts) visit(part);
  return [...sorted];
}

/** `known` holds the reasons of parts that were asked for before: they are not tried again. */
export function divide(
  base: ChildDoc,
  parts: readonly Part[],
  known: ReadonlyMap<string, string> = new Map(),
): Division {
  const isKnown = ({ name }: Part) => known.has(name);
  const held = parts
    .filter(isKnown)
    .map((part) => ({ part, reason: known.get(part.name) as string }));
  return withoutBereft({ base, queue: [parts.filter((part) => !isKnown(part))], held });
}

/** The record to try next; null when all is decided. */
export function next({ base, queue }: Division): ChildDoc | null {
  const [group] = queue;
  return group ? withParts(base, group) : null;
}

/** The server has taken what {@link next} said. */
export function taken(division: Division): Division {
  const [group = [], ...queue] = division.queue;
  return { ...division, base: withParts(division.base, group), queue };
}

/** The server has refused what {@link next} said, for this reason. */
export function refused(division: Division, reason: string): Division {
  const [group = [], ...later] = division.queue;
  const [only] = group;
  if (only && group.length === 1) {
    return withoutBereft({
      ...division,
      queue: later,
      held: [...division.held, { part: only, reason }],
    });
  }
  return { ...division, queue: [...split(group, reason), ...later] };
}

function withParts(base: ChildDoc, group: readonly Part[]): ChildDoc {
  return group.reduce(
    (child, { events, facts }) => merge(child, { ...nothingOf(base._id), events, facts }),
    merge(base, base),
  );
}

/** Does a denial speak of this part? */
function speaksOf(denied: string | undefined, { events, facts }: Part): boolean {
  if (denied === undefined) return false;
  const [event, fact] = [eventOfPart(denied), factOfPart(denied)];
  return (event !== null && event in events) || (fact !== null && fact in facts);
}

/** The names of these parts and of all that need one of them. */
function withDependents(group: readonly Part[], names: Iterable<string>): Set<string> {
  const found = new Set(names);
  // Parts stand after what they need, so one pass finds them all.
  for (const { name, needs } of group) if (needs.some((one) => found.has(one))) found.add(name);
  return found;
}

/** Parts that hang together by what they need. */
function clustersOf(group: readonly Part[]): Part[][] {
  const clusters: Part[][] = [];
  for (const part of group) {
    const near = clusters.filter((cluster) =>
      cluster.some(({ name, needs }) => part.needs.includes(name) || needs.includes(part.name)),
    );
    for (const cluster of near) clusters.splice(clusters.indexOf(cluster), 1);
    clusters.push([...near.flat(), part]);
  }
  return clusters;
}

/** Smaller groups of a refused one of several parts. */
function split(group: readonly Part[], reason: string): Part[][] {
  const denied = readDenial(reason)?.part;
  const named = group.filter((part) => speaksOf(denied, part)).map(({ name }) => name);
  const out = withDependents(group, named);
  const rest = group.filter(({ name }) => !out.has(name));
  if (out.size > 0 && rest.length > 0) {
    return [rest, group.filter(({ name }) => out.has(name))];
  }
  // A void and its target pass together where the void alone would not: they part last.
  const clusters = clustersOf(group);
  if (clusters.length === 1) return group.map((part) => [part]);
  const half = Math.ceil(clusters.length / 2);
  return [clusters.slice(0, half).flat(), clusters.slice(half).flat()];
}

/** Without the parts that need one that is held: they are held for its reason, untried. */
function withoutBereft(division: Division): Division {
  const held = [...division.held];
  const reasons = new Map(held.map(({ part, reason }) => [part.name, reason]));
  const queue = division.queue.map((group) =>
    group.filter((part) => {
      const waits = part.needs.find((name) => reasons.has(name));
      if (waits === undefined) return true;
      const reason = reasons.get(waits) as string;
      reasons.set(part.name, reason);
      held.push({ part, reason, waits });
      return false;
    }),
  );
  return { ...division, held, queue: queue.filter((group) => group.length > 0) };
}
