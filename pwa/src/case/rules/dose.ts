/**
 * 一剂. What cannot have happened is refused. What was done against a rule (an expired lot, another
 * route, a lot of which the books have none) is recorded with the warning and a reason.
 */
import {
  type Context,
  type EventRule,
  factValue,
  isObject,
  type Json,
  type Objection,
  textOf,
} from './context.ts';
import { dayAfter, isExpiry } from './dates.ts';

/** 在册情况 死亡. */
const DEAD = '4';

/** Is it a vaccine of the dictionary? */
export function isVaccine(code: unknown, { routes, isWhole }: Context): boolean {
  if (routes === undefined) return true;
  if (typeof code !== 'string') return false;
  if (routes[code] !== undefined) return true;
  if (isWhole) return false;
  for (const known in routes) if (known.substring(0, 2) === code.substring(0, 2)) return true;
  return false;
}

export const dose: EventRule = ({ id, event, child, context }) => {
  const found: Objection[] = [];
  const date = textOf(event.date);
  if (!isVaccine(event.vaccine, context)) {
    found.push({ code: 'unknown-vaccine', part: `field events.${id}.vaccine` });
  }
  if (date === null) return found;
  // Nobody is told on the page alone: a case that was joined may have its birth date elsewhere.
  const birth = textOf(factValue(child.facts, 'birth_date'));
  if (birth === null && context.author !== undefined) found.push({ code: 'no-birth-date' });
  const status = child.facts.register_status;
  if (isObject(status) && status.value === DEAD && typeof status.at === 'string') {
    if (date > dayAfter(status.at) && !context.isMerge?.()) found.push({ code: 'after-death' });
  }
  return event.origin === 'given' ? found.concat(given(id, event, date, context)) : found;
};

/** What is asked of a dose that the clinic gave itself. */
function given(id: string, event: Json, date: string, context: Context): Objection[] {
  const found: Objection[] = [];
  const field = (name: string) => `field events.${id}.${name}`;
  const [vaccine, lot] = [textOf(event.vaccine) ?? '', (textOf(event.lot) ?? '').trim()];
  const maker = textOf(event.maker);
  const expiry = textOf(event.expiry);
  if (lot === '') found.push({ code: 'no-lot' });
  if (expiry !== null) {
    if (!isExpiry(expiry, date)) found.push({ code: 'impossible-expiry', part: field('expiry') });
    if (expiry < date) found.push({ code: 'lot-expired', excusable: true });
  }
  const route = context.routes?.[vaccine];
  if (route && event.route !== undefined && event.route !== route) {
    found.push({ code: 'other-route', part: field('route'), excusable: true });
  }
  const state = context.lotOf?.({ vaccine, lot, ...(maker !== null && { maker }) });
  if (state && state.balance <= 0) found.push({ code: 'lot-empty', excusable: true });
  if (state && date < state.since) found.push({ code: 'lot-not-here', excusable: true });
  return found;
}
