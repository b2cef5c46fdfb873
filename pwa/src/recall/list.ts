/**
 * Who is to be called (催种名单). Pure.
 *
 * - **Due** (应种): the 应种日 has come, and the dose is on time.
 * - **Overdue** (逾期): after the last day on time (`forecast/late.ts`).
 * - **Missed** (漏种): overdue, and nothing stands that explains it: not put off, refused,
 *   contraindicated, away, given elsewhere, gone (`case/reasons.ts`).
 *
 * A child whom two clinics hold is called by one (避免重复通知): by the clinic that manages it; a floating
 * child, or one that is away for a time, by the clinic that vaccinated it last.
 */
import { fateOf } from '../case/appointments.ts';
import { EXPLAINS, type ReasonState, reasonFor, type Said } from '../case/reasons.ts';
import type { ChildRow, WantedDose } from '../workspace/row.ts';

export const LISTS = ['due', 'overdue', 'missed'] as const;
export type ListKind = (typeof LISTS)[number];

/** A dose in a list, and what was said of it. */
export interface ListedDose extends WantedDose {
  reason: Said | null;
}

export interface Listed {
  row: ChildRow;
  doses: ListedDose[];
  /** Of the dose that has been due longest. */
  state: ReasonState;
  reason: Said | null;
  /** The day of an appointment that is still to come. */
  booked: string | null;
}

export interface ListOptions {
  kind: ListKind;
  site: string;
  today: string;
  /** Due until this day; the overdue are those of today. */
  until: string;
  /** The vaccines that count for each group. */
  vaccinesOf: (group: string) => ReadonlySet<string>;
}

/** 居住属性 流动, and 在册情况 临时外转. */
const FLOATING = '2';
const AWAY_FOR_A_TIME = '3';
/** 在册情况 of children whom nobody calls: 迁出, 死亡, 删除. */
const GONE: ReadonlySet<string> = new Set(['2', '4', '5']);

/** Does this clinic call the child? */
export function callsHere(
  row: Pick<ChildRow, 'site' | 'left' | 'status' | 'residence' | 'lastAt'>,
  site: string,
): boolean {
  if (row.left || GONE.has(row.status ?? '')) return false;
  const moves = row.residence === FLOATING || row.status === AWAY_FOR_A_TIME;
  return (moves ? (row.lastAt ?? row.site ?? site) : (row.site ?? site)) === site;
}

function isOf(dose: ListedDose, { kind, today, until }: ListOptions): boolean {
  const isLate = dose.lateFrom <= today;
  if (kind === 'due') return !isLate && dose.due <= until;
  if (kind === 'overdue') return isLate;
  return isLate && !EXPLAINS.has(dose.reason?.state ?? 'none');
}

/** The children of a list, those who have waited longest in front. */
export function listOf(rows: readonly ChildRow[], options: ListOptions): Listed[] {
  const { site, today, vaccinesOf } = options;
  const found: Listed[] = [];
  for (const row of rows) {
    if (row.wanted.length === 0 || !callsHere(row, site)) continue;
    const doses = row.wanted
      .map((dose) => ({
        ...dose,
        reason: reasonFor(row.said, { vaccines: vaccinesOf(dose.group), since: dose.due }, today),
      }))
      .filter((dose) => isOf(dose, options))
      .sort((a, b) => (a.due < b.due ? -1 : a.due > b.due ? 1 : 0));
    const [first] = doses;
    if (!first) continue;
    const open = row.booked.find((one) => fateOf(one, today) === 'open');
    const { reason } = first;
    found.push({ row, doses, reason, state: reason?.state ?? 'none', booked: open?.on ?? null });
  }
  return found.sort((a, b) => {
    const [one, other] = [a.doses[0]?.due ?? '', b.doses[0]?.due ?? ''];
    return one < other ? -1 : one > other ? 1 : a.row.name < b.row.name ? -1 : 1;
  });
}

/** What a list is narrowed to; empty: all. */
export interface Filter {
  committee: string;
  school: string;
  group: string;
  residence: string;
  status: string;
  state: ReasonState | '';
}

export const NO_FILTER: Filter = {
  committee: '',
  school: '',
  group: '',
  residence: '',
  status: '',
  state: '',
};

/** A narrowed list; by a vaccine, only its doses stay. */
export function narrowed(list: readonly Listed[], filter: Filter): Listed[] {
  const { committee, school, group, residence, status, state } = filter;
  return list.flatMap((one) => {
    const { row } = one;
    if (committee && (row.committee ?? '') !== committee) return [];
    if (school && (row.school ?? '') !== school) return [];
    if (residence && (row.residence ?? '') !== residence) return [];
    if (status && (row.status ?? '') !== status) return [];
    if (state && one.state !== state) return [];
    if (!group) return [one];
    const doses = one.doses.filter((dose) => dose.group === group);
    return doses.length ? [{ ...one, doses }] : [];
  });
}

/** By village and address, house 2 before house 10, so that one round delivers them; those without last. */
export function byAddress(list: readonly Listed[]): Listed[] {
  const { compare } = new Intl.Collator('zh', { numeric: true });
  const by = (a: string | null, b: string | null): number =>
    a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b);
  return [...list].sort(
    ({ row: a }, { row: b }) =>
      by(a.committee, b.committee) || by(a.address, b.address) || compare(a.name, b.name),
  );
}

/** A file for an SMS service (短信平台): UTF-8 with a mark, as spreadsheets expect; a telephone a line. */
export function smsFile(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    // A spreadsheet would run what begins so.
    const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
  };
  return `\ufeff${[heads, ...lines].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** What is noted of a call, by one key each (`contact-outcome`). */
export const OUTCOME_KEYS: Readonly<Record<string, string>> = {
  '1': 'reached',
  '2': 'promised',
  '3': 'no_answer',
  '4': 'wrong_number',
  '5': 'refused',
  '6': 'away',
  '7': 'elsewhere',
  '8': 'ill',
  '9': 'moved',
};
