/** What is to be done (事件提醒): reports, lots, AEFI limits, own reminders. Computed on reading. Pure. */
import type { Lot } from '../case/lots.ts';
import type { Reminder } from '../models/generated.ts';
import { dateOf, dayOf } from '../ui/format.ts';

export const KINDS = ['aefi', 'own', 'report', 'expiry', 'low'] as const;
export type Kind = (typeof KINDS)[number];

/** What one person wants to be told of, and how early. */
export interface Wanted {
  kinds: Kind[];
  /** Day of the month on which the last month's report is due. */
  reportDay: number;
  /** Days before it. */
  reportDays: number;
  /** Days before the expiry of a lot. */
  expiryDays: number;
  /** Usable doses of a vaccine, below which it is low. */
  lowDoses: number;
}

export const DEFAULTS: Wanted = {
  kinds: [...KINDS],
  reportDay: 5,
  reportDays: 5,
  expiryDays: 30,
  lowDoses: 10,
};

const whole = (value: unknown, least: number, most: number, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? value
    : otherwise;

/** What was stored, with anything unknown or damaged replaced by the default. */
export function readWanted(text: string | null): Wanted {
  let stored: Partial<Record<keyof Wanted, unknown>> | null = null;
  try {
    stored = JSON.parse(text ?? 'null');
  } catch {
    stored = null;
  }
  const kinds = Array.isArray(stored?.kinds) ? stored.kinds : DEFAULTS.kinds;
  return {
    kinds: KINDS.filter((kind) => kinds.includes(kind)),
    reportDay: whole(stored?.reportDay, 1, 28, DEFAULTS.reportDay),
    reportDays: whole(stored?.reportDays, 0, 28, DEFAULTS.reportDays),
    expiryDays: whole(stored?.expiryDays, 1, 365, DEFAULTS.expiryDays),
    lowDoses: whole(stored?.lowDoses, 0, 10_000, DEFAULTS.lowDoses),
  };
}

/** An open step of a reaction. */
export interface AefiDue {
  id: string;
  step: string;
  name: string;
  /** Ms. */
  due: number;
}

export interface Reminding {
  /** The same as long as it is the same thing: what is put away stays away by it. */
  key: string;
  kind: Kind;
  /** `late`: its day has passed. */
  state: 'late' | 'due' | 'ahead';
  /** `YYYY-MM-DD`; empty where it has none. */
  date: string;
  /** A vaccine, a name, a month or a person's words. */
  what: string;
  /** A lot, a step. */
  more: string;
  /** Doses that are left. */
  count: number | null;
}

const stateOf = (date: string, today: string): Reminding['state'] =>
  date < today ? 'late' : date === today ? 'due' : 'ahead';

/** The report of the month before, from some days before its day on. */
function reportOf(wanted: Wanted, today: string): Reminding[] {
  const day = dayOf(today) ?? 0;
  const inDays = dateOf(day + wanted.reportDays);
  // Of the month that this day or one within the days ahead lies in.
  return [...new Set([today.slice(0, 7), inDays.slice(0, 7)])].flatMap((month) => {
    const date = `${month}-${String(wanted.reportDay).padStart(2, '0')}`;
    if (date > inDays) return [];
    const last = dateOf((dayOf(`${month}-01`) ?? 0) - 1).slice(0, 7);
    const what = { kind: 'report' as const, what: last, more: '', count: null };
    return [{ key: `report ${last}`, state: stateOf(date, today), date, ...what }];
  });
}

function lotsOf(wanted: Wanted, lots: readonly Lot[], today: string): Reminding[] {
  const until = dateOf((dayOf(today) ?? 0) + wanted.expiryDays);
  return lots
    .filter((lot) => lot.balance > 0 && lot.expiry <= until)
    .map((lot) => ({
      key: `expiry ${lot.key}`,
      kind: 'expiry' as const,
      state: stateOf(lot.expiry, today),
      date: lot.expiry,
      what: lot.vaccine,
      more: lot.lot,
      count: lot.balance,
    }));
}

/** Vaccines that the clinic has had of late and of which little is left. */
function lowOf(wanted: Wanted, lots: readonly Lot[], today: string): Reminding[] {
  const recent = dateOf((dayOf(today) ?? 0) - 365);
  const left = new Map<string, number>();
  for (const lot of lots) {
    if (lot.since < recent && lot.balance <= 0) continue;
    left.set(lot.vaccine, (left.get(lot.vaccine) ?? 0) + (lot.usable ? lot.balance : 0));
  }
  return [...left]
    .filter(([, doses]) => doses < wanted.lowDoses)
    .map(([vaccine, doses]) => ({
      key: `low ${vaccine}`,
      kind: 'low' as const,
      state: doses <= 0 ? ('late' as const) : ('due' as const),
      date: '',
      what: vaccine,
      more: '',
      count: doses,
    }));
}

/** Reminders that people set and nobody has closed, those for everybody and one's own. */
export function openOwn(reminders: readonly Reminder[], user: string): Reminder[] {
  const closed = new Set(reminders.flatMap(({ closes }) => (closes ? [`reminder:${closes}`] : [])));
  return reminders.filter(
    ({ _id, title, due, only_for }) =>
      title && due && !closed.has(_id) && (only_for === undefined || only_for === user),
  );
}

export function remind(of: {
  wanted: Wanted;
  today: string;
  now: number;
  user: string;
  lots: readonly Lot[];
  aefi: readonly AefiDue[];
  own: readonly Reminder[];
  /** Keys that this person has put away. */
  away: ReadonlySet<string>;
  dateOfMs: (ms: number) => string;
}): Reminding[] {
  const { wanted, today, now } = of;
  const wants = (kind: Kind) => wanted.kinds.includes(kind);
  const aefi = of.aefi.map(({ id, step, name, due }) => ({
    key: `aefi ${id} ${step}`,
    kind: 'aefi' as const,
    state: due <= now ? ('late' as const) : ('due' as const),
    date: of.dateOfMs(due),
    what: name,
    more: step,
    count: null,
  }));
  const own = openOwn(of.own, of.user)
    .filter(({ due = '' }) => due <= today)
    .map(({ _id, due = '', title = '' }) => ({
      key: _id,
      kind: 'own' as const,
      state: stateOf(due, today),
      date: due,
      what: title,
      more: '',
      count: null,
    }));
  const all: Reminding[] = [
    ...(wants('aefi') ? aefi : []),
    ...(wants('own') ? own : []),
    ...(wants('report') ? reportOf(wanted, today) : []),
    ...(wants('expiry') ? lotsOf(wanted, of.lots, today) : []),
    ...(wants('low') ? lowOf(wanted, of.lots, today) : []),
  ];
  const order = ['late', 'due', 'ahead'];
  return all
    .filter(({ key }) => !of.away.has(key))
    .sort(
      (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.date.localeCompare(b.date),
    );
}
