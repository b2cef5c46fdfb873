/** The rules of a visit's steps beside its doses (知情、密码、收费、留观、随访). */
import { type EventRule, isObject, type Json, type Objection, textOf } from './context.ts';
import { voidedIn } from './voids.ts';

/** Wrong PINs in a row that lock it. */
export const PIN_TRIES = 5;

/** Where the PIN of a case stands. */
export interface PinState {
  /** The event that set it; null: there is none, or it was taken away. */
  set: string | null;
  /** Wrong ones since it was set, unlocked or typed rightly. */
  wrong: number;
}

/** Reads the events of the PIN in the order in which they were recorded, `before` an event or to the end. */
export function pinState(events: Json, before?: string): PinState {
  const state: PinState = { set: null, wrong: 0 };
  const gone = voidedIn(events);
  const ids = Object.keys(events).sort();
  for (const id of ids) {
    const event = events[id];
    if (before !== undefined && id >= before) break;
    if (gone[id] === true || !isObject(event)) continue;
    if (event.kind === 'consent') {
      if (isObject(event.informed) && event.informed.method === 'pin') state.wrong = 0;
    } else if (event.kind === 'pin') {
      if (event.step === 'set') state.set = id;
      if (event.step === 'reset') state.set = null;
      state.wrong = event.step === 'wrong' ? state.wrong + 1 : 0;
    }
  }
  return state;
}

/** Was the case joined to another, where its PIN may stand? */
function isJoined(events: Json): boolean {
  for (const id in events) {
    const event = events[id];
    if (isObject(event) && event.kind === 'same_as') return true;
  }
  return false;
}

/** Does it name an event of one of these kinds that stands? */
function names(target: unknown, events: Json, ...kinds: string[]): Json | null {
  const id = textOf(target);
  const event = id === null ? undefined : events[id];
  if (id === null || !isObject(event) || voidedIn(events)[id] === true) return null;
  return kinds.indexOf(String(event.kind)) >= 0 ? event : null;
}

/** Something is missing that goes with what was said, or there that does not. */
const field = (id: string, name: string, code: 'missing-field' | 'unknown-field'): Objection => ({
  code,
  part: `field events.${id}.${name}`,
});

/**
 * A PIN that was never set consents to nothing. That it was locked or taken away the page alone says:
 * another desk may have done it, unheard, while this one consented by it.
 */
export const consent: EventRule = ({ id, event, child, context: { author } }) => {
  if (!isObject(event.informed) || event.informed.method !== 'pin') return [];
  if (isJoined(child.events)) return [];
  if (author !== undefined) return unusable(pinState(child.events, id));
  for (const other in child.events) {
    const one = child.events[other];
    if (isObject(one) && one.kind === 'pin' && one.step === 'set' && other < id) return [];
  }
  return [{ code: 'pin-not-set' }];
};

function unusable({ set, wrong }: PinState): Objection[] {
  if (set === null) return [{ code: 'pin-not-set' }];
  return wrong >= PIN_TRIES ? [{ code: 'pin-locked' }] : [];
}

/** Unlocking and taking away are a senior's, with a reason; one that is locked is not set anew. */
export const pin: EventRule = ({ id, event, child, context: { author } }) => {
  const found: Objection[] = [];
  const isSet = event.step === 'set';
  if (isSet && author !== undefined && pinState(child.events, id).wrong >= PIN_TRIES) {
    found.push({ code: 'pin-locked' });
  }
  if (isSet && !isObject(event.verifier)) found.push(field(id, 'verifier', 'missing-field'));
  if (!isSet && event.verifier !== undefined) found.push(field(id, 'verifier', 'unknown-field'));
  if (event.step === 'unlocked' || event.step === 'reset') {
    if (author !== undefined && !author.senior) found.push({ code: 'senior-only' });
    if ((textOf(event.reason) ?? '').trim() === '')
      found.push(field(id, 'reason', 'missing-field'));
  }
  return found;
};

function sumOf(charges: unknown): number {
  let sum = 0;
  for (const one of Array.isArray(charges) ? charges : []) {
    if (isObject(one)) sum += Number(one.count) * Number(one.price_fen);
  }
  return sum;
}

/** The total is what was charged; what is given back was paid, and once. */
export const payment: EventRule = ({ id, event, child }) => {
  const sum = sumOf(event.charges);
  const total = Number(event.total_fen);
  const handed = event.received_fen;
  if (event.refunds === undefined) {
    const isShort = typeof handed === 'number' && handed < total;
    return total !== sum || isShort ? [{ code: 'wrong-total' }] : [];
  }
  if (total !== -sum) return [{ code: 'wrong-total' }];
  const paid = names(event.refunds, child.events, 'payment');
  if (paid === null || paid.refunds !== undefined) return [{ code: 'unknown-target' }];
  let left = Number(paid.total_fen);
  const gone = voidedIn(child.events);
  for (const other in child.events) {
    const one = child.events[other];
    if (other === id || gone[other] === true || !isObject(one)) continue;
    if (one.kind === 'payment' && one.refunds === event.refunds) left += Number(one.total_fen);
  }
  return left + total < 0 ? [{ code: 'refunded' }] : [];
};

/** Who leaves early says why (提前离开). */
export const stay: EventRule = ({ event }) => {
  const [since, until] = [Date.parse(String(event.since)), Date.parse(String(event.until))];
  const isEarly = !(until - since >= Number(event.minutes) * 60_000);
  const reason = (textOf(event.reason) ?? '').trim();
  return isEarly && reason === '' ? [{ code: 'left-early' }] : [];
};

/** What follows a reaction names it. */
export const aefiStep: EventRule = ({ event, child }) =>
  names(event.target, child.events, 'aefi') === null ? [{ code: 'unknown-target' }] : [];

/** What is moved or cancelled was booked. */
export const appointment: EventRule = ({ id, event, child }) => {
  if (event.state === 'cancelled' && event.replaces === undefined) {
    return [field(id, 'replaces', 'missing-field')];
  }
  if (event.replaces === undefined) return [];
  const booked = textOf(event.replaces);
  const known = booked === null ? undefined : child.events[booked];
  return isObject(known) && known.kind === 'appointment' ? [] : [{ code: 'unknown-target' }];
};
