/**
 * The village round trip (村级登记表): a spreadsheet of who is due goes to the village doctor and comes
 * back with days, lots and reasons. Pure. A row is known by the case and the vaccine group that stand
 * in it, the sheet by its id, so that reading a sheet twice adds nothing.
 */
import { type ChildDoc, fact, type NewEvent, standing } from '../case/document.ts';
import { parseDate } from '../ui/format.ts';
import type { Cell } from '../ui/xlsx.ts';

/** One dose that a sheet asks about. */
export interface VillageDose {
  child: string;
  group: string;
  vaccine: string;
  number: number;
}

export interface VillageRow extends VillageDose {
  name: string;
  sex: string;
  birth: string;
  committee: string;
  guardian: string;
  phone: string;
  dose: string;
  due: string;
}

export interface VillageWords {
  title: string;
  help: string;
  heads: readonly string[];
}

/** Columns as they stand in the sheet; those from `given` on are filled by the village. */
const COLUMNS = [
  'key',
  'name',
  'sex',
  'birth',
  'committee',
  'guardian',
  'phone',
  'dose',
  'due',
  'given',
  'lot',
  'reason',
  'note',
] as const;
export const VILLAGE_COLUMNS = COLUMNS;
export const VILLAGE_WIDTHS = [12, 12, 6, 12, 14, 12, 14, 24, 12, 14, 16, 16, 24];
/** Title with the id, what to do, heads. */
export const HEADINGS = 3;
export const REASON_COLUMN = COLUMNS.indexOf('reason');
const MARK = 'miaopu-village';

const keyOf = ({ child, group, vaccine, number }: VillageDose) =>
  [child.slice('child:'.length), group, vaccine, number].join('/');

/** The rows of a sheet. */
export function villageSheet(
  id: string,
  site: string,
  rows: readonly VillageRow[],
  words: VillageWords,
): string[][] {
  return [
    [MARK, id, site, words.title],
    [words.help],
    [...words.heads],
    ...rows.map((row) => [
      keyOf(row),
      row.name,
      row.sex,
      row.birth,
      row.committee,
      row.guardian,
      row.phone,
      row.dose,
      row.due,
      '',
      '',
      '',
      '',
    ]),
  ];
}

export type VillageError =
  | 'unknownChild'
  | 'badKey'
  | 'badDate'
  | 'beforeBirth'
  | 'badReason'
  | 'both'
  | 'lotAlone'
  | 'badLot';

export interface ReadRow {
  /** Of the spreadsheet, from 1. */
  line: number;
  name: string;
  dose: string;
  given: string | null;
  lot: string;
  /** Of the dictionary `contact-outcome`. */
  reason: string | null;
  note: string;
  about: VillageDose | null;
  error: VillageError | null;
}

export type ReadSheet =
  | { ok: true; id: string; rows: ReadRow[] }
  | { ok: false; why: 'noSheet' | 'otherSite' };

export interface ReadOptions {
  site: string;
  today: string;
  /** Code of a reason by what stands in the cell; null: there is no such reason. */
  reasonOf: (text: string) => string | null;
  /** The child's birth date; null: the child is not here. */
  birthOf: (child: string) => string | null;
}

const MOST_LOT = 40;

function doseOf(key: string): VillageDose | null {
  const parts = /^([0-9A-HJKMNP-TV-Z]{26})\/([^/]+)\/(\d{4})\/(\d{1,2})$/.exec(key.trim());
  if (!parts) return null;
  const [, child = '', group = '', vaccine = '', number = ''] = parts;
  return { child: `child:${child}`, group, vaccine, number: Number(number) };
}

function errorOf(
  row: Omit<ReadRow, 'error'>,
  typed: { given: string; reason: string },
  { birthOf }: ReadOptions,
): VillageError | null {
  if (!row.about) return 'badKey';
  const birth = birthOf(row.about.child);
  if (birth === null) return 'unknownChild';
  if (typed.given && row.given === null) return 'badDate';
  if (row.given !== null && row.given < birth) return 'beforeBirth';
  if (typed.reason && row.reason === null) return 'badReason';
  if (row.given !== null && row.reason !== null) return 'both';
  if (row.lot && row.given === null) return 'lotAlone';
  return row.lot.length > MOST_LOT ? 'badLot' : null;
}

/** Reads a sheet that came back; rows in which nothing was filled are left out. */
export function readVillage(cells: readonly (readonly Cell[])[], options: ReadOptions): ReadSheet {
  const text = (row: readonly Cell[], column: number) => row[column]?.text.trim() ?? '';
  const [first = []] = cells;
  if (text(first, 0) !== MARK || !text(first, 1)) return { ok: false, why: 'noSheet' };
  if (text(first, 2) !== options.site) return { ok: false, why: 'otherSite' };
  const rows: ReadRow[] = [];
  const seen = new Map<string, number>();
  for (const [at, row] of cells.entries()) {
    if (at < HEADINGS) continue;
    const of = (name: (typeof COLUMNS)[number]) => text(row, COLUMNS.indexOf(name));
    const typed = { given: of('given'), reason: of('reason') };
    if (!typed.given && !typed.reason && !of('lot') && !of('note')) continue;
    if (seen.has(of('key'))) continue;
    seen.set(of('key'), at);
    const read = {
      line: at + 1,
      name: of('name'),
      dose: of('dose'),
      given: typed.given ? parseDate(typed.given, options.today) : null,
      lot: of('lot'),
      reason: typed.reason ? options.reasonOf(typed.reason) : null,
      note: of('note').slice(0, 500),
      about: doseOf(of('key')),
    };
    const late = read.given !== null && read.given > options.today;
    const sane = late ? { ...read, given: null } : read;
    rows.push({ ...sane, error: errorOf(sane, typed, options) });
  }
  return { ok: true, id: text(first, 1), rows };
}

/** What a row adds to a child's record; empty: it stands there already, or says nothing. */
export function eventsOf(
  row: ReadRow,
  sheet: string,
  child: ChildDoc,
  by: { today: string; sameGroup: (vaccine: string) => boolean; place: string },
): NewEvent[] {
  const { about, given, lot, reason, note } = row;
  if (!about || row.error) return [];
  if (given !== null) {
    const isThere = standing(child, 'dose').some(
      ({ event }) => event.date === given && by.sameGroup(event.vaccine),
    );
    if (isThere) return [];
    return [
      {
        kind: 'dose',
        origin: 'history',
        date: given,
        vaccine: about.vaccine,
        number: about.number,
        place: by.place,
        self_paid: false,
        ...(lot && { lot }),
      } as NewEvent<'dose'>,
    ];
  }
  if (reason === null) return [];
  const isThere = standing(child, 'contact').some(
    ({ event }) =>
      event.sheet === sheet &&
      event.outcome === reason &&
      (event.vaccines ?? []).includes(about.vaccine),
  );
  if (isThere) return [];
  return [
    {
      kind: 'contact',
      date: by.today,
      means: 'village',
      outcome: reason,
      vaccines: [about.vaccine],
      sheet,
      ...(note && { note }),
    },
  ];
}

export const guardianOf = (child: ChildDoc): string =>
  fact(child, 'mother_name') ?? fact(child, 'father_name') ?? '';
