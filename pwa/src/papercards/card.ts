/** One paper card as it is typed (集中录入): pure. */
import type { FactsPatch, NewEvent } from '../case/document.ts';
import { parseIdNumber } from '../case/idnumber.ts';
import { type FamilyFacts, personKey, sameFamily } from '../case/joined.ts';
import { comparableName } from '../case/name.ts';
import type { Context } from '../case/rules/context.ts';
import { denialOf } from '../case/rules/rules.ts';
import type { DenialCode } from '../models/denials.ts';
import type { Entry } from '../models/generated.ts';
import { dayOf, parseDate } from '../ui/format.ts';

export interface Line {
  /** As it is typed. */
  vaccine: string;
  date: string;
  lot: string;
  /** What was chosen by it; empty while nothing is. */
  code: string;
}

export interface Card {
  name: string;
  /** `1` or `M`, `2` or `F`. */
  sex: string;
  birth: string;
  mother: string;
  phone: string;
  idNumber: string;
  lines: Line[];
}

export const HEAD = ['name', 'sex', 'birth', 'mother', 'phone', 'idNumber'] as const;
export type HeadField = (typeof HEAD)[number];

export const emptyLine = (): Line => ({ vaccine: '', date: '', lot: '', code: '' });

export function emptyCard(): Card {
  return {
    ...{ name: '', sex: '', birth: '', mother: '', phone: '', idNumber: '' },
    lines: [emptyLine()],
  };
}

const isBlank = ({ vaccine, date, lot, code }: Line) => !`${vaccine}${date}${lot}${code}`.trim();

/** The lines on which something stands. */
export const written = ({ lines }: Card): Line[] => lines.filter((line) => !isBlank(line));

export const isEmptyCard = (card: Card) =>
  HEAD.every((field) => !card[field].trim()) && written(card).length === 0;

const SEXES: Readonly<Record<string, 'M' | 'F'>> = {
  1: 'M',
  m: 'M',
  男: 'M',
  2: 'F',
  f: 'F',
  女: 'F',
};

export function sexOf(text: string): 'M' | 'F' | null {
  return SEXES[text.normalize('NFKC').trim().toLowerCase()] ?? null;
}

/** What a typed day is read by. */
export interface Around {
  today: string;
  birth: string | null;
  /** The day on the line above. */
  above: string | null;
  /** The line above has a dose of the same vaccine, which this one follows. */
  follows: boolean;
}

/**
 * A day by its digits: `yyyymmdd`, `yymmdd`, and `mmdd`, of which the year is carried down from the line
 * above (a year later where the day would be before the dose that it follows) or from the birth. Null
 * when it is none.
 */
export function typedDate(text: string, { today, birth, above, follows }: Around): string | null {
  const plain = text.normalize('NFKC').trim();
  const day = /^(\d{2})(\d{2})$/.exec(plain) ?? /^(\d{1,2})[-./月](\d{1,2})日?$/.exec(plain);
  if (!day) return parseDate(plain, today);
  const from = above ?? birth;
  if (from === null) return null;
  const [, month = '', date = ''] = day;
  const year = Number(from.slice(0, 4));
  const of = (y: number) => `${y}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`;
  const isEarly =
    (birth !== null && of(year) < birth) || (follows && above !== null && of(year) <= above);
  const found = of(isEarly ? year + 1 : year);
  return dayOf(found) === null ? null : found;
}

/** The class of a vaccine: products of one are doses of one series. */
const classOf = (code: string) => code.slice(0, 2);

/** What the lines say, each with its number in its series and its day. */
export interface Dose {
  code: string;
  number: number;
  date: string | null;
  lot: string;
}

export const birthOf = ({ birth }: Pick<Card, 'birth'>, today: string) => parseDate(birth, today);

export function doses(card: Card, today: string): Dose[] {
  const birth = birthOf(card, today);
  const found: Dose[] = [];
  for (const line of card.lines) {
    const before = found.at(-1) ?? null;
    const series = found.filter(({ code }) => line.code && classOf(code) === classOf(line.code));
    const above = before?.date ?? null;
    const follows =
      before !== null && line.code !== '' && classOf(before.code) === classOf(line.code);
    const date = typedDate(line.date, { today, birth, above, follows });
    found.push({ code: line.code, number: series.length + 1, date, lot: line.lot.trim() });
  }
  return found;
}

export type Problem = 'noVaccine' | 'noDate' | 'twice' | 'order' | DenialCode;

/** Whether a problem is only pointed out: paper may say so. */
export const isWarning = (problem: Problem) => problem === 'order';

const PROVENANCE = { by: 'x', station: '', site: '', offset_ms: 0, app: '' };

/** What is wrong with each line, by the rules that hold for every dose; null where nothing is. */
export function problems(card: Card, today: string, context: Context): (Problem | null)[] {
  const all = doses(card, today);
  const birth = birthOf(card, today);
  const at = `${today}T00:00:00.000Z`;
  const facts = birth ? { birth_date: { value: birth, at, by: 'x' } } : {};
  return card.lines.map((line, i) => {
    const dose = all[i] as Dose;
    if (isBlank(line)) return null;
    if (!dose.code) return 'noVaccine';
    if (dose.date === null) return 'noDate';
    const before = all.slice(0, i).filter(({ code }) => classOf(code) === classOf(dose.code));
    if (before.some(({ date }) => date === dose.date)) return 'twice';
    const event = { ...eventOf(dose, dose.date), ...PROVENANCE, at };
    const child = { facts, events: { e: event } };
    const denial = denialOf({ facts, events: {} }, child, { ...context, today, isWhole: true });
    if (denial) return denial.code;
    return before.some(({ date }) => date !== null && date > (dose.date ?? '')) ? 'order' : null;
  });
}

export type HeadProblem = 'required' | 'date' | 'future' | 'idNumber' | 'idBirth' | 'phone';

/** What is wrong with the head of a card. */
export function headProblems(card: Card, today: string): Partial<Record<HeadField, HeadProblem>> {
  const found: Partial<Record<HeadField, HeadProblem>> = {};
  const birth = birthOf(card, today);
  if (!card.name.trim()) found.name = 'required';
  if (sexOf(card.sex) === null) found.sex = 'required';
  if (birth === null) found.birth = card.birth.trim() ? 'date' : 'required';
  else if (birth > today) found.birth = 'future';
  if (card.phone.trim() && !/^[0-9+ -]{5,20}$/.test(card.phone.trim())) found.phone = 'phone';
  const number = card.idNumber.trim().toUpperCase();
  const read = number ? parseIdNumber(number) : null;
  if (number && !read) found.idNumber = 'idNumber';
  else if (read && birth && read.birthDate !== birth) found.idNumber = 'idBirth';
  return found;
}

function eventOf(dose: Dose, date: string): NewEvent<'dose'> {
  const { code: vaccine, number, lot } = dose;
  return { kind: 'dose', date, vaccine, origin: 'history', number, ...(lot && { lot }) };
}

interface Recorded {
  date: string;
  vaccine: string;
}

/** The doses that a case does not have yet. */
export function newEvents(
  card: Card,
  today: string,
  known: readonly Recorded[],
): NewEvent<'dose'>[] {
  const isKnown = (dose: Dose) =>
    known.some(
      ({ date, vaccine }) => date === dose.date && classOf(vaccine) === classOf(dose.code),
    );
  return doses(card, today).flatMap((dose) =>
    dose.code && dose.date !== null && !isKnown(dose) ? [eventOf(dose, dose.date)] : [],
  );
}

export function factsOf(card: Card, today: string): FactsPatch {
  const [mother, phone, number] = [card.mother.trim(), card.phone.trim(), card.idNumber.trim()];
  return {
    name: card.name.trim(),
    sex: sexOf(card.sex) ?? 'U',
    birth_date: birthOf(card, today) ?? '',
    ...(mother && { mother_name: mother }),
    ...(phone && { phone }),
    ...(number && { id_number: number.toUpperCase() }),
  };
}

/** Children whose card it may be, by the rules of duplicates (疑似重复). */
export function candidates<T extends FamilyFacts & { name: string }>(
  card: Card,
  today: string,
  rows: readonly T[],
): T[] {
  const birth = birthOf(card, today);
  const number = card.idNumber.trim().toUpperCase() || null;
  if (birth === null && number === null) return [];
  const [name, mother] = [card.name.trim(), card.mother.trim() || null];
  const own: FamilyFacts = {
    ...{ birthDate: birth, mother, phone: card.phone.trim() || null },
    ...{ sex: sexOf(card.sex), idNumber: number },
  };
  const person = personKey(name, birth, mother);
  return rows.filter(
    (row) =>
      (number !== null && row.idNumber === number) ||
      (person !== null && personKey(row.name, row.birthDate, row.mother) === person) ||
      (name !== '' &&
        row.birthDate === birth &&
        comparableName(row.name) === comparableName(name)) ||
      sameFamily(own, row),
  );
}

export interface Choice {
  code: string;
  label: string;
}

interface Keyed extends Choice {
  keys: string[];
  /** What is typed seldom comes later: paid vaccines, what is no vaccine, what is out of use. */
  seldom: number;
}

interface More {
  short?: { zh: string; en: string };
  kind?: string;
  programme?: boolean;
  in_use?: boolean;
}

const compact = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Vaccines with what they are found by: code, short name, initials of their pinyin. */
export function keyed(
  entries: Readonly<Record<string, Entry>>,
  readings: (text: string) => readonly (readonly string[])[],
  lang: 'zh' | 'en',
): Keyed[] {
  return Object.entries(entries).map(([code, entry]) => {
    const more = (entry.more ?? {}) as More;
    const short = more.short ?? entry;
    const letters = (text: string) =>
      readings(text)
        .map(
          ([first], i) => (/^\p{Script=Han}$/u.test([...text][i] ?? '') ? first?.[0] : first) ?? '',
        )
        .join('');
    const chinese = short.zh.replace(/[^\p{L}\p{N}]/gu, '');
    const keys = [code, compact(short.en), compact(short.zh), compact(letters(chinese))];
    const seldom =
      (more.programme === false ? 200 : 0) +
      (more.kind === 'other' ? 1000 : 0) +
      (more.in_use === false ? 5000 : 0);
    return { code, label: short[lang], keys, seldom };
  });
}

/** Vaccines that may be meant: those chosen last come first, those out of use come last. */
export function choices(typed: string, all: readonly Keyed[], last: readonly string[]): Choice[] {
  const wanted = compact(typed);
  if (!wanted) return [];
  const rank = ({ code, keys, seldom }: Keyed) => {
    const recent = last.indexOf(code);
    if (recent >= 0) return recent - 1000;
    return seldom + (keys.includes(wanted) ? 0 : 100);
  };
  return all
    .filter(({ keys }) => keys.some((key) => key.startsWith(wanted)))
    .sort((a, b) => rank(a) - rank(b) || (a.code < b.code ? -1 : 1))
    .slice(0, 6);
}

/** The lot of the line above that has one, of the same vaccine first: typed by `=` alone. */
export function repeatedLot(lines: readonly Line[], at: number): string {
  const before = lines.slice(0, at).filter(({ lot }) => lot.trim() !== '');
  const own = lines[at]?.code ?? '';
  const same = before.findLast(({ code }) => classOf(code) === classOf(own));
  return (same ?? before.at(-1))?.lot.trim() ?? '';
}
