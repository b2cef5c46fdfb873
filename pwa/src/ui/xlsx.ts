/**
 * Spreadsheets (XLSX, ECMA-376) read as text and written as text. `fflate` unpacks and packs; it is
 * loaded when the first file is. Nothing of a formula is run: what the spreadsheet last computed is read.
 */
import type { Unzipped } from 'fflate';
import { dateOf } from './format.ts';

/** One cell as it stands in the file. */
export interface Cell {
  /** A date is `YYYY-MM-DD`, with ` HH:MM` where it has a time; a number has no more digits than it kept. */
  text: string;
  /** What the spreadsheet holds it for: `number` has lost leading zeros, and all digits after the 15th. */
  kind: 'text' | 'number' | 'date' | 'truth' | 'error';
}

export interface Sheet {
  name: string;
  /** Rows from the first on, each from column A on; empty cells have the text ''. */
  rows: Cell[][];
}

/** Why a file cannot be read: it is none of these, protected or in the old format, or far too large. */
export class XlsxError extends Error {
  readonly code: 'not-xlsx' | 'old-or-locked' | 'too-large' | 'damaged';

  constructor(code: XlsxError['code']) {
    super(`The spreadsheet cannot be read: ${code}.`);
    this.name = 'XlsxError';
    this.code = code;
  }
}

/** Unpacked; a file of 20,000 rows with 40 columns has some 60 MB. */
const MOST_BYTES = 400_000_000;
const MOST_ROWS = 1_048_576;
const MOST_COLUMNS = 1_024;
const EMPTY: Cell = { text: '', kind: 'text' };

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Text of XML: entities, and what Excel writes for control characters (`_x000D_`). */
function plain(xml: string): string {
  const text = xml.includes('&')
    ? xml.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
        if (name) return NAMED[name] ?? whole;
        const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      })
    : xml;
  return text.replace(/_x([\da-f]{4})_/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const ATTRIBUTES = new Map<string, RegExp>();

function attribute(tag: string, name: string): string | null {
  let form = ATTRIBUTES.get(name);
  if (!form) {
    form = new RegExp(`(?:^|\\s)(?:\\w+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`);
    ATTRIBUTES.set(name, form);
  }
  const found = form.exec(tag);
  return found ? plain(found[1] ?? found[2] ?? '') : null;
}

/** All `<t>` of a text, without the readings that are set above characters (`<rPh>`). */
function textIn(xml: string): string {
  const own = xml.includes('rPh')
    ? xml.replace(/<(\w+:)?rPh[\s>][\s\S]*?<\/(\w+:)?rPh>/g, '')
    : xml;
  let text = '';
  for (const [, inner] of own.matchAll(/<(?:\w+:)?t(?:\s[^>]*)?>([\s\S]*?)<\/(?:\w+:)?t>/g)) {
    text += inner;
  }
  return plain(text);
}

/** 0 of `A1`, 27 of `AB7`. */
function columnOf(reference: string): number {
  let column = 0;
  for (const sign of reference) {
    const letter = sign.charCodeAt(0) & ~32;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return column - 1;
}

/** Does a number format show a day or an hour? What is quoted, escaped or bracketed shows nothing. */
function isDateFormat(code: string): boolean {
  const shown = code.replace(/"[^"]*"|\\.|_.|\[(?!h|m|s)[^\]]*\]/gi, '').split(';')[0] ?? '';
  return /[ymdhs年月日]/i.test(shown) && !/general/i.test(shown);
}

/** Numbers of formats that Excel brings along and that show days (27 to 58 in Chinese editions). */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) ||
  (id >= 27 && id <= 36) ||
  (id >= 45 && id <= 47) ||
  (id >= 50 && id <= 58);

/** For each cell style whether it shows days. */
function dateStyles(xml: string): boolean[] {
  const own = new Map<string, boolean>();
  for (const [tag] of xml.matchAll(/<(?:\w+:)?numFmt\s[^>]*>/g)) {
    own.set(attribute(tag, 'numFmtId') ?? '', isDateFormat(attribute(tag, 'formatCode') ?? ''));
  }
  const cells = /<(?:\w+:)?cellXfs[\s>]([\s\S]*?)<\/(?:\w+:)?cellXfs>/.exec(xml)?.[1] ?? '';
  return [...cells.matchAll(/<(?:\w+:)?xf[\s/>][^>]*/g)].map(([tag]) => {
    const id = attribute(tag, 'numFmtId') ?? '0';
    return own.get(id) ?? isBuiltInDate(Number(id));
  });
}

/** Day 25569 is 1970-01-01; before 1900-03-01 Excel counts a leap day that never was. */
function dateText(serial: number, since1904: boolean): string | null {
  const days = since1904 ? serial + 1462 : serial;
  if (!(days >= 0 && days < 2_958_466)) return null;
  const minutes = Math.round((days % 1) * 1440);
  const time = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const day = Math.floor(days);
  if (day === 0) return time;
  if (day === 60 && !since1904) return null;
  const date = dateOf(day - 25_569 + (day < 60 && !since1904 ? 1 : 0));
  return minutes > 0 && minutes < 1440 ? `${date} ${time}` : date;
}

interface Book {
  strings: string[];
  dates: boolean[];
  since1904: boolean;
}

function cellOf(tag: string, inner: string, { strings, dates, since1904 }: Book): Cell {
  const type = attribute(tag, 't') ?? 'n';
  if (type === 'inlineStr') return { text: textIn(inner), kind: 'text' };
  const value = plain(/<(?:\w+:)?v(?:\s[^>]*)?>([\s\S]*?)<\/(?:\w+:)?v>/.exec(inner)?.[1] ?? '');
  if (value === '') return EMPTY;
  if (type === 's') return { text: strings[Number(value)] ?? '', kind: 'text' };
  if (type === 'str') return { text: value, kind: 'text' };
  if (type === 'b') return { text: value, kind: 'truth' };
  if (type === 'e') return { text: value, kind: 'error' };
  if (type === 'd') return { text: value.replace('T', ' ').slice(0, 16), kind: 'date' };
  const number = Number(value);
  const date = dates[Number(attribute(tag, 's') ?? -1)] ? dateText(number, since1904) : null;
  if (date !== null) return { text: date, kind: 'date' };
  // 36.600000000000001 is what a binary number is called; more digits than 15 it did not keep.
  return { text: Math.abs(number) < 1e15 ? String(number) : value, kind: 'number' };
}

const CELL = /<(?:\w+:)?c(\s[^>]*?)?(?:\/>|>([\s\S]*?)<\/(?:\w+:)?c>)/g;

function rowsOf(xml: string, book: Book): Cell[][] {
  const rows: Cell[][] = [];
  let next = 0;
  for (const [, tag = '', inner = ''] of xml.matchAll(
    /<(?:\w+:)?row(\s[^>]*?)?(?:\/>|>([\s\S]*?)<\/(?:\w+:)?row>)/g,
  )) {
    const at = Number(attribute(tag, 'r') ?? next + 1) - 1;
    if (!(at >= 0 && at < MOST_ROWS)) throw new XlsxError('damaged');
    next = at + 1;
    const row: Cell[] = [];
    let column = 0;
    for (const [, cellTag = '', content = ''] of inner.matchAll(CELL)) {
      const reference = attribute(cellTag, 'r');
      if (reference !== null) column = columnOf(reference);
      const cell = cellOf(cellTag, content, book);
      if (cell.text !== '' && column >= 0 && column < MOST_COLUMNS) {
        while (row.length < column) row.push(EMPTY);
        row[column] = cell;
      }
      column++;
    }
    if (row.length === 0) continue;
    while (rows.length < at) rows.push([]);
    rows[at] = row;
  }
  return rows;
}

/** Where the sheets lie, by the workbook and its relations. */
function sheetPaths(workbook: string, relations: string): { name: string; path: string }[] {
  const targets = new Map<string, string>();
  for (const [tag] of relations.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/g)) {
    const target = attribute(tag, 'Target') ?? '';
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`;
    targets.set(attribute(tag, 'Id') ?? '', path);
  }
  return [...workbook.matchAll(/<(?:\w+:)?sheet\s[^>]*>/g)].map(([tag]) => ({
    name: attribute(tag, 'name') ?? '',
    path: targets.get(/\s\w+:id\s*=\s*["']([^"']*)/.exec(tag)?.[1] ?? '') ?? '',
  }));
}

async function unpack(bytes: Uint8Array): Promise<Unzipped> {
  const { unzipSync } = await import('fflate');
  let left = MOST_BYTES;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!/\.(xml|rels)$/i.test(name)) return false;
        left -= originalSize;
        if (left < 0) throw new XlsxError('too-large');
        return true;
      },
    });
  } catch (error) {
    if (error instanceof XlsxError) throw error;
    throw new XlsxError('damaged');
  }
}

/** The sheets of a workbook, in its order. Throws {@link XlsxError}. */
export async function readSheets(file: Blob | Uint8Array): Promise<Sheet[]> {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  // What is locked by a password lies in the container of the old format.
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf) throw new XlsxError('old-or-locked');
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw new XlsxError('not-xlsx');
  const files = await unpack(bytes);
  const text = (path: string): string => {
    const found = files[path];
    return found ? new TextDecoder().decode(found) : '';
  };
  const workbook = text('xl/workbook.xml');
  if (workbook === '') throw new XlsxError('not-xlsx');
  const strings = text('xl/sharedStrings.xml');
  const book: Book = {
    strings: [
      ...strings.matchAll(/<(?:\w+:)?si(?:\s[^>]*)?(?:\/>|>([\s\S]*?)<\/(?:\w+:)?si>)/g),
    ].map(([, inner = '']) => textIn(inner)),
    dates: dateStyles(text('xl/styles.xml')),
    since1904: /date1904\s*=\s*["'](1|true)/.test(workbook),
  };
  return sheetPaths(workbook, text('xl/_rels/workbook.xml.rels')).map(({ name, path }) => ({
    name,
    rows: rowsOf(text(path), book),
  }));
}

/** A sheet to be written. */
export interface SheetOut {
  name: string;
  rows: readonly (readonly (string | number | null)[])[];
  /** How many rows on top are headings: bold, and kept in sight. */
  headings?: number;
  /** Widths of the columns, in characters. */
  widths?: readonly number[];
  /** What may be chosen from in a column below the headings. */
  choices?: readonly { column: number; values: readonly string[] }[];
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
export const XLSX_TYPE = `${TYPES}.sheet`;
const CHOICES = '_choices';

/** Without the control characters that XML cannot hold. */
const escaped = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

function letters(column: number): string {
  const before = column >= 26 ? letters(Math.floor(column / 26) - 1) : '';
  return before + String.fromCharCode(65 + (column % 26));
}

/** Every text cell has the format of text (`@`): what a person types into it stays as typed. */
function sheetXml(sheet: SheetOut, choiceRange: (at: number) => string): string {
  const headings = sheet.headings ?? 1;
  const rows = sheet.rows.map((row, r) => {
    const style = r < headings ? 2 : 1;
    const cells = row.map((value, c) => {
      const at = `${letters(c)}${r + 1}`;
      if (typeof value === 'number') return `<c r="${at}"><v>${value}</v></c>`;
      if (value === null || value === '') return `<c r="${at}" s="${style}"/>`;
      const text = `<t xml:space="preserve">${escaped(value)}</t>`;
      return `<c r="${at}" s="${style}" t="inlineStr"><is>${text}</is></c>`;
    });
    return `<row r="${r + 1}">${cells.join('')}</row>`;
  });
  const pane =
    headings > 0
      ? `<pane ySplit="${headings}" topLeftCell="A${headings + 1}" activePane="bottomLeft" state="frozen"/>`
      : '';
  const widths = (sheet.widths ?? []).map(
    (width, c) => `<col min="${c + 1}" max="${c + 1}" width="${width}" style="1" customWidth="1"/>`,
  );
  const lists = (sheet.choices ?? []).map(({ column }, n) => {
    const range = `${letters(column)}${headings + 1}:${letters(column)}${MOST_ROWS}`;
    return `<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="${range}"><formula1>${choiceRange(n)}</formula1></dataValidation>`;
  });
  return [
    `${XML}<worksheet xmlns="${MAIN}">`,
    '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>',
    `<sheetViews><sheetView workbookViewId="0">${pane}</sheetView></sheetViews>`,
    widths.length ? `<cols>${widths.join('')}</cols>` : '',
    `<sheetData>${rows.join('')}</sheetData>`,
    lists.length
      ? `<dataValidations count="${lists.length}">${lists.join('')}</dataValidations>`
      : '',
    '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>',
    '</worksheet>',
  ].join('');
}

const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0"/><xf numFmtId="49" fontId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

/** A name as Excel takes it: 31 characters, none of `: \ / ? * [ ]`, and no other sheet's. */
function sheetNames(sheets: readonly SheetOut[]): string[] {
  const used = new Set<string>([CHOICES]);
  return sheets.map(({ name }, n) => {
    const base =
      name
        .replace(/[:\\/?*[\]']/g, ' ')
        .trim()
        .slice(0, 28) || `Sheet${n + 1}`;
    let free = base;
    for (let k = 2; used.has(free.toLowerCase()); k++) free = `${base} ${k}`;
    used.add(free.toLowerCase());
    return free;
  });
}

function bookFiles(sheets: readonly SheetOut[]): Record<string, string> {
  const names = sheetNames(sheets);
  const columns: (readonly string[])[] = [];
  const xml = sheets.map((sheet) => {
    const first = columns.length;
    columns.push(...(sheet.choices ?? []).map(({ values }) => values));
    return sheetXml(sheet, (n) => {
      const letter = letters(first + n);
      return `'${CHOICES}'!$${letter}$1:$${letter}$${columns[first + n]?.length ?? 1}`;
    });
  });
  if (columns.length > 0) {
    const longest = Math.max(...columns.map(({ length }) => length));
    const rows = Array.from({ length: longest }, (_, r) => columns.map((one) => one[r] ?? null));
    names.push(CHOICES);
    xml.push(sheetXml({ name: CHOICES, rows, headings: 0 }, () => ''));
  }
  const hidden = (name: string) => (name === CHOICES ? ' state="hidden"' : '');
  const entries = names.map((name, n) => ({ name, n: n + 1 }));
  const book = entries.map(
    ({ name, n }) =>
      `<sheet name="${escaped(name)}" sheetId="${n}"${hidden(name)} r:id="rId${n}"/>`,
  );
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
  const override = (part: string, type: string) =>
    `<Override PartName="/xl/${part}.xml" ContentType="${TYPES}.${type}+xml"/>`;
  return {
    '[Content_Types].xml': `${XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${override('workbook', 'sheet.main')}${override('styles', 'styles')}${entries.map(({ n }) => override(`worksheets/sheet${n}`, 'worksheet')).join('')}</Types>`,
    '_rels/.rels': `${XML}<Relationships xmlns="${RELATIONS}">${relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${book.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${RELATIONS}">${entries.map(({ n }) => relation(`rId${n}`, 'worksheet', `worksheets/sheet${n}.xml`)).join('')}${relation('styles', 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': STYLES,
    ...Object.fromEntries(xml.map((text, n) => [`xl/worksheets/sheet${n + 1}.xml`, text])),
  };
}

/** A workbook with these sheets, as the bytes of a file. */
export async function writeSheets(sheets: readonly SheetOut[]): Promise<Uint8Array<ArrayBuffer>> {
  const { zipSync, strToU8 } = await import('fflate');
  const files = Object.entries(bookFiles(sheets)).map(([path, text]) => [path, strToU8(text)]);
  return new Uint8Array(zipSync(Object.fromEntries(files), { level: 6 }));
}

/** Hands a file to the browser, which asks where to put it or puts it among the downloads. */
export function saveFile(name: string, content: BlobPart, type: string = XLSX_TYPE): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser reads it after the click has returned.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
