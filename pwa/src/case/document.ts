/** The child's document (个案) as the program handles it; every shape comes from the models. */
import type { Child } from '../models/generated.ts';

export type Facts = Child['facts'];
export type FactName = keyof Facts;
export type FactValue<F extends FactName> = NonNullable<Facts[F]>['value'];

export type ChildEvent = Child['events'][string];
export type EventKind = ChildEvent['kind'];
export type EventOf<K extends EventKind> = Extract<ChildEvent, { kind: K }>;
export type Dose = EventOf<'dose'>;

/** A child as it lies in a database. */
export interface ChildDoc extends Child {
  _id: string;
  _rev?: string;
  _conflicts?: string[];
}

/** What the repository fills in by itself (责任认定). */
export type ProvenanceField = 'at' | 'by' | 'station' | 'site' | 'offset_ms' | 'app';

/** An event as a form makes it: without its provenance. */
export type NewEvent<K extends EventKind = EventKind> = K extends EventKind
  ? Omit<EventOf<K>, ProvenanceField>
  : never;

/** Fields to set; null takes a value away. */
export type FactsPatch = { [F in FactName]?: FactValue<F> | null };

export function isChildId(id: string): boolean {
  return id.startsWith('child:');
}

/** The value of one fact, null when nobody has entered it. */
export function fact<F extends FactName>(child: Child, name: F): FactValue<F> | null {
  return (child.facts[name]?.value ?? null) as FactValue<F> | null;
}

/**
 * ULIDs of the events that were voided (作废). A void that was itself voided has no effect, and in a
 * circle of voids, which no honest device writes, none has. `miaopu.case.events` and
 * `design-docs/lib/child.js` have the same rule; all three are held against
 * `tests/vectors/voids.json`.
 */
export function voided(child: Child): Set<string> {
  const voids = Object.entries(child.events).flatMap(([id, event]) =>
    event.kind === 'void' ? [{ id, target: event.target }] : [],
  );
  let gone = new Set<string>();
  for (;;) {
    // A void stands once all that void it are gone.
    const stands = ({ id }: { id: string }) =>
      voids.every((other) => other.target !== id || gone.has(other.id));
    const more = new Set(voids.filter(stands).map(({ target }) => target));
    if (more.size === gone.size) return new Set([...gone].filter((id) => id in child.events));
    gone = more;
  }
}

/** The events that stand, in the order in which they were recorded, with their ULIDs. */
export function standing<K extends EventKind>(
  child: Child,
  ...kinds: K[]
): { id: string; event: EventOf<K> }[] {
  const gone = voided(child);
  return Object.keys(child.events)
    .sort()
    .filter((id) => !gone.has(id))
    .map((id) => ({ id, event: child.events[id] as EventOf<K> }))
    .filter(({ event }) => kinds.length === 0 || kinds.includes(event.kind as K));
}

/** Cards that were the child's: lost or returned, and not issued again since; the number → when. */
export function formerCards(child: Child): Map<string, string> {
  const held = new Set(cards(child));
  const former = new Map<string, string>();
  for (const { event } of standing(child, 'card')) {
    if (event.state !== 'issued' && !held.has(event.number)) former.set(event.number, event.at);
  }
  return former;
}

/** Numbers of the cards that the child holds now: issued, and not lost or returned since. */
export function cards(child: Child): string[] {
  const state = new Map<string, { at: string; state: string }>();
  for (const { event } of standing(child, 'card')) {
    const before = state.get(event.number);
    if (!before || event.at >= before.at) state.set(event.number, event);
  }
  return [...state].filter(([, { state: now }]) => now === 'issued').map(([number]) => number);
}
