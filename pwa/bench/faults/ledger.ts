/** What nurses were told is kept (记录): written down beside the program, to be compared in the end. */
import { canonical } from '../../src/case/canonical.ts';
import type { ChildDoc } from '../../src/case/document.ts';

export interface KeptFact {
  at: string;
  by: string;
  value: unknown;
}

export interface KeptEvent {
  /** The case under which it was recorded; it may stand in one that is joined to it. */
  child: string;
  /** Canonical JSON. */
  text: string;
}

/** A child whom a clinic has registered, for whoever meets it elsewhere. */
export interface Registered {
  id: string;
  site: string;
  birthDate: string;
  card: string | undefined;
}

/** Is a time one that only a wrong clock tells? The program puts it right before it is sent. */
export function isAhead(at: string): boolean {
  return Date.parse(at) > Date.now() + 60_000;
}

/** Says one event what another says, but for times that a wrong clock told? */
export function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  const both = [a, b].map((text) => JSON.parse(text) as { at: string });
  const [one, other] = both.map((event) => canonical({ ...event, at: '', offset_ms: 0, date: '' }));
  return both.some(({ at }) => isAhead(at)) && one === other;
}

export class Ledger {
  /** ULID → event. */
  readonly events = new Map<string, KeptEvent>();
  /** `<child> <field>` → the latest value. */
  readonly facts = new Map<string, KeptFact>();
  readonly registered: Registered[] = [];
  /** Other documents, by id: where they belong, and their canonical JSON. */
  readonly documents = new Map<string, { site: string; text: string }>();
  /** `<device> <child>`: the device holds something of the child that the server must refuse. */
  readonly tainted = new Set<string>();
  /** ULIDs of what the server must refuse: it stays where it was recorded. */
  readonly unacceptable = new Set<string>();
  readonly changed: string[] = [];
  /** The server came back from a backup. */
  restored = false;

  /** A device said that it has this, durably. */
  recorded(doc: ChildDoc): void {
    for (const [ulid, event] of Object.entries(doc.events)) {
      const text = canonical(event);
      const before = this.events.get(ulid);
      if (before !== undefined && !isSame(before.text, text))
        this.changed.push(`${doc._id} ${ulid}`);
      this.events.set(ulid, { child: before?.child ?? doc._id, text });
    }
    for (const [name, fact] of Object.entries(doc.facts) as [string, KeptFact][]) {
      const key = `${doc._id} ${name}`;
      const before = this.facts.get(key);
      if (!before || isLater(fact, before)) this.facts.set(key, fact);
    }
  }
}

/** The rule of the merge, said once more: (at, by, canonical JSON of the value). */
export function isLater(a: KeptFact, b: KeptFact): boolean {
  const rank = ({ at, by, value }: KeptFact) => [at, by, canonical(value)] as const;
  const left = rank(a);
  const right = rank(b);
  for (let i = 0; i < 3; i++) {
    const [x, y] = [left[i] as string, right[i] as string];
    if (x !== y) return x > y;
  }
  return false;
}
