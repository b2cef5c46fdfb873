/** The card's fields (基本资料). */
import { isCalendarDate, parseIdNumber } from '../idnumber.ts';
import type { Context, Json } from './context.ts';
import { factValue, isObject, type Objection, textOf } from './context.ts';
import { FIRST_BIRTH, latestDay } from './dates.ts';
import { voidedIn } from './voids.ts';

const FORMS: Readonly<Record<string, RegExp>> = {
  phone: /^[0-9+ -]{5,20}$/,
  phone_2: /^[0-9+ -]{5,20}$/,
  child_code: /^[0-9]{18}$/,
  site: /^[0-9]{10}$/,
};
const ID_NUMBERS: Readonly<Record<string, true>> = { id_number: true, mother_id_number: true };

/** What speaks against the value that a field was given, in the child as it would be. */
export function objectionsToFact(
  name: string,
  child: { facts: Json; events: Json },
  context: Context,
): Objection[] {
  const part = `fact ${name}`;
  const value = textOf(factValue(child.facts, name));
  if (value === null) return [];
  const form = FORMS[name];
  if (form && !form.test(value)) return [{ code: 'wrong-form', part }];
  if (value.length > (name === 'remark' ? 2000 : 200)) return [{ code: 'wrong-length', part }];
  if (ID_NUMBERS[name] && !parseIdNumber(value)) return [{ code: 'wrong-check-digit', part }];
  if (name === 'id_number' && context.isTaken?.idNumber(value)) {
    return [{ code: 'id-number-taken', part }];
  }
  return name === 'birth_date' ? born(value, child, context) : [];
}

/** A birth is a day that has come, and nothing that stands happened before it. */
function born(
  birth: string,
  { facts, events }: { facts: Json; events: Json },
  context: Context,
): Objection[] {
  const part = 'fact birth_date';
  const at = isObject(facts.birth_date) ? facts.birth_date.at : null;
  if (!isCalendarDate(birth)) return [{ code: 'wrong-date', part }];
  if (birth < FIRST_BIRTH || birth > latestDay(at, context)) {
    return [{ code: 'impossible-birth-date', part }];
  }
  for (const id in events) {
    const event = events[id];
    if (!isObject(event) || event.kind !== 'dose') continue;
    const date = textOf(event.date);
    if (date !== null && date < birth && voidedIn(events)[id] !== true && !context.isMerge?.()) {
      return [{ code: 'before-birth', part }];
    }
  }
  return [];
}
