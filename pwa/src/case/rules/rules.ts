/**
 * What may be recorded (可否登记): the one home of it. The page asks before it writes, the database when
 * it is written to (`design-docs/lib/rules.js` is compiled from here, so these files use no more than
 * ES5's library), and the server before it records anything itself (`miaopu.case.rules`).
 *
 * Only what a write adds is judged: what stands was judged when it came.
 */

import type { DenialCode } from '../../models/denials.ts';
import type { Denial } from '../denial.ts';
import type { Context, Json, Objection } from './context.ts';
import { factValue, isObject, owns } from './context.ts';
import { objectionsTo } from './events.ts';
import { objectionsToFact } from './facts.ts';
import { denialOfMove } from './stock.ts';
import { unprintableIn } from './texts.ts';

interface Child {
  facts: Json;
  events: Json;
}

const NOTHING: Child = { facts: {}, events: {} };
const SAFE = /^[A-Za-z0-9_.-]{1,40}$/;

/** A name as it may stand in a denial: a hostile one may be somebody's data. */
const shown = (name: string) => (SAFE.test(name) ? name : '?');

function childOf(doc: unknown): Child {
  const { facts, events } = isObject(doc) ? doc : ({} as Json);
  return { facts: isObject(facts) ? facts : {}, events: isObject(events) ? events : {} };
}

/** Was it recorded with this warning shown, and a reason? */
function isExcused({ code, excusable }: Objection, event: Json): boolean {
  const override = event.override;
  if (!excusable || !isObject(override) || !Array.isArray(override.warnings)) return false;
  return (
    override.warnings.indexOf(code) >= 0 &&
    typeof override.reason === 'string' &&
    override.reason.trim() !== ''
  );
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Why what `after` adds to `before` may not be recorded; null: it may. */
export function denialOf(before: unknown, after: unknown, context: Context): Denial | null {
  const known = before ? childOf(before) : NOTHING;
  const child = childOf(after);
  for (const id in child.events) {
    const event = child.events[id];
    // That what stands is not changed is said by `history`.
    if (owns(known.events, id) || !isObject(event)) continue;
    const part = `event ${shown(id)}`;
    if (unprintableIn(event) !== null) return { code: 'unprintable', part };
    for (const one of objectionsTo({ id: shown(id), event, child, context })) {
      if (!isExcused(one, event)) return { code: one.code, part: one.part ?? part };
    }
  }
  for (const name in child.facts) {
    const value = factValue(child.facts, name);
    if (value === null || same(value, factValue(known.facts, name))) continue;
    const part = `fact ${shown(name)}`;
    if (unprintableIn(value, name) !== null) return { code: 'unprintable', part };
    const [one] = objectionsToFact(name, child, context);
    if (one) return { code: one.code, part: one.part ?? part };
  }
  return null;
}

/** What is to be warned of before an event is recorded; it needs a reason then. */
export function warningsOf(event: Json, child: object, context: Context): DenialCode[] {
  return objectionsTo({ id: '?', event, child: childOf(child), context })
    .filter(({ excusable }) => excusable === true)
    .map(({ code }) => code);
}

/** Why a document of a clinic's or a region's database may not stand over `before`. */
export function denialOfDocument(after: Json, before: unknown, context: Context): Denial | null {
  if (after._deleted === true) return null;
  const old = isObject(before) && before._deleted !== true ? before : null;
  if (after.type === 'child') return denialOf(old, after, context);
  const bad = unprintableIn(after);
  if (bad !== null) return { code: 'unprintable', part: `field ${shown(bad)}` };
  return after.type === 'stock' && old === null ? denialOfMove(after, context) : null;
}
