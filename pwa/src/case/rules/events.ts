/** The rules of each kind of event (各类记录的规则). */

import type { EventKind } from '../document.ts';
import { isCalendarDate } from '../idnumber.ts';
import { type EventRule, factValue, isObject, type Objection, owns, textOf } from './context.ts';
import { latestDay } from './dates.ts';
import { dose } from './dose.ts';
import { aefiStep, appointment, consent, payment, pin, stay } from './visits.ts';
import { voidedIn } from './voids.ts';

const CARD = /^[0-9]{6,37}$/;

const card: EventRule = ({ id, event, context }) => {
  const number = textOf(event.number) ?? '';
  if (!CARD.test(number)) return [{ code: 'wrong-form', part: `field events.${id}.number` }];
  const isTaken = event.state === 'issued' && context.isTaken?.card(number);
  return isTaken ? [{ code: 'card-taken' }] : [];
};

/** A mistake is voided by whoever made it, or by a senior. */
const voided: EventRule = ({ id, event, child, context }) => {
  const target = textOf(event.target);
  const known = target === null ? undefined : child.events[target];
  if (context.author === undefined) return [];
  const others: Record<string, unknown> = {};
  for (const other in child.events) if (other !== id) others[other] = child.events[other];
  if (target === null || !isObject(known) || voidedIn(others)[target] === true) {
    return [{ code: 'unknown-target' }];
  }
  // Who typed a wrong PIN does not take that back; money is given back by a refund, not by a void.
  const isOthers = known.kind === 'pin' || known.kind === 'payment';
  if (isOthers && !context.author.senior) return [{ code: 'senior-only' }];
  const isOwn = known.by === context.author.by || context.author.senior;
  return isOwn ? [] : [{ code: 'void-of-another' }];
};

/** Whether two cases are one child is a senior's to say. */
const senior: EventRule = ({ context: { author } }) =>
  author !== undefined && !author.senior ? [{ code: 'senior-only' }] : [];

const RULES: { [K in EventKind]?: EventRule } = {
  dose,
  consent,
  pin,
  payment,
  stay,
  aefi_step: aefiStep,
  appointment,
  card,
  void: voided,
  same_as: senior,
  not_same_as: senior,
};

/** Every day that an event names is one, and has come; none is before the child was born. */
const dated: EventRule = ({ id, event, child, context }) => {
  const found: Objection[] = [];
  const date = textOf(event.date);
  if (date === null) return found;
  const part = `field events.${id}.date`;
  if (!isCalendarDate(date)) return [{ code: 'wrong-date', part }];
  if (date > latestDay(event.at, context)) found.push({ code: 'future-date', part });
  const birth = textOf(factValue(child.facts, 'birth_date'));
  if (birth !== null && date < birth && !context.isMerge?.()) {
    found.push({ code: 'before-birth', part });
  }
  return found;
};

/** All that speaks against an event. */
export const objectionsTo: EventRule = (judged) => {
  const { kind } = judged.event;
  const own = typeof kind === 'string' && owns(RULES, kind) ? RULES[kind as EventKind] : undefined;
  return dated(judged).concat(own ? own(judged) : []);
};
