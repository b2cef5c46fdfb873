/** What nurses were told is kept (记录): written down beside the program, to be compared in the end. */
import { canonical } from '../../src/children/canonical.ts';
import type { ChildDoc } from '../../src/children/document.ts';

export interface KeptFact {
  at: string;
  by: string;
  value: unknown;
}

export interface KeptChild {
  id: string;
  /** Clinics that hold the child. */
  sites: Set<string>;
  /** ULID → canonical JSON of the event. */
  events: Map<string, string>;
  /** Field → canonical JSON of the latest value. */
  facts: Map<string, KeptFact>;
}

export class Ledger {
  readonly children = new Map<string, KeptChild>();
  /** Other documents, by id: where they belong, and their canonical JSON. */
  readonly documents = new Map<string, { site: string; text: string }>();
  /** `<device> <child>`: what the device knows of the child beyond the server is refused. */
  readonly tainted = new Set<string>();
  readonly changed: string[] = [];

  child(id: string): KeptChild {
    const known = this.children.get(id);
    if (known) return known;
    const made: KeptChild = { id, sites: new Set(), events: new Map(), facts: new Map() };
    this.children.set(id, made);
    return made;
  }

  /** A device said that it has this, durably. */
  recorded(site: string, doc: ChildDoc): void {
    const kept = this.child(doc._id);
    kept.sites.add(site);
    for (const [ulid, event] of Object.entries(doc.events)) {
      const text = canonical(event);
      const before = kept.events.get(ulid);
      if (before !== undefined && before !== text) this.changed.push(`${doc._id} ${ulid}`);
      kept.events.set(ulid, text);
    }
    for (const [name, fact] of Object.entries(doc.facts) as [string, KeptFact][]) {
      const before = kept.facts.get(name);
      if (!before || isLater(fact, before)) kept.facts.set(name, fact);
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
