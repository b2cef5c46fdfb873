/** 出入库. */
import type { Denial } from '../denial.ts';
import { isCalendarDate } from '../idnumber.ts';
import type { Context, Json } from './context.ts';
import { textOf } from './context.ts';
import { isExpiry, latestDay } from './dates.ts';
import { isVaccine } from './dose.ts';

const OUT: Readonly<Record<string, true>> = { issue: true, return: true, waste: true };

/** Why a move may not be entered; null: it may. */
export function denialOfMove(move: Json, context: Context): Denial | null {
  const { kind, doses, count } = move;
  const deny = (code: Denial['code'], field: string): Denial => ({ code, part: `field ${field}` });
  if ((kind === 'count') !== (count !== undefined)) return deny('wrong-count', 'count');
  if ((kind === 'count') === (doses !== undefined)) return deny('wrong-count', 'doses');
  for (const field of ['lot', 'maker']) {
    if ((textOf(move[field]) ?? '').trim() === '') return deny('missing-field', field);
  }
  const date = textOf(move.date) ?? '';
  if (!isCalendarDate(date)) return deny('wrong-date', 'date');
  if (date > latestDay(move.at, context)) return deny('future-date', 'date');
  if (!isExpiry(textOf(move.expiry) ?? '', date)) return deny('impossible-expiry', 'expiry');
  if (!isVaccine(move.vaccine, context)) {
    return deny('unknown-vaccine', 'vaccine');
  }
  if (typeof doses !== 'number') return null;
  const isOut = typeof kind === 'string' && OUT[kind] === true;
  if (isOut ? doses >= 0 : doses <= 0) return deny('out-of-range', 'doses');
  const [vaccine, maker, lot] = [textOf(move.vaccine), textOf(move.maker), textOf(move.lot)];
  const state = context.lotOf?.({ vaccine: vaccine ?? '', maker: maker ?? '', lot: lot ?? '' });
  if (isOut && context.lotOf && doses + (state?.balance ?? 0) < 0) {
    return deny('beyond-stock', 'doses');
  }
  return null;
}
