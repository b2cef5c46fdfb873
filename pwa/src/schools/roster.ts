/** A school's list of the children who enter (新生名单), read from a spreadsheet or typed, and who they are. */

import { comparableName } from '../case/name.ts';
import type { ChildRow } from '../workspace/row.ts';

export interface Pupil {
  name: string;
  sex: 'M' | 'F' | null;
  birthDate: string | null;
  idNumber: string | null;
  code: string | null;
  className: string | null;
  /** 报到时有证; null: the list does not say. */
  certificate: boolean | null;
}

type Column = keyof Pupil;

/** What the columns are called, in the order in which they are looked for. */
const HEADS: readonly [Column, RegExp][] = [
  ['code', /儿童编码|编码|条码|child ?code/i],
  ['idNumber', /身份证|证件号|ID ?(number|card|no)/i],
  ['certificate', /有证|接种证|certificate/i],
  ['birthDate', /出生|生日|birth/i],
  ['className', /班级|班$|class/i],
  ['sex', /性别|sex|gender/i],
  ['name', /姓名|名字|name/i],
];

/** The columns of a row of headings; null for a row that is none. */
function headings(row: readonly string[]): Map<Column, number> | null {
  const found = new Map<Column, number>();
  for (const [at, text] of row.entries()) {
    const column = HEADS.find(([name, words]) => !found.has(name) && words.test(text))?.[0];
    if (column) found.set(column, at);
  }
  return found.has('name') && found.size > 1 ? found : null;
}

/** `2020-3-5`, `2020/03/05`, `20200305`, `2020年3月5日`; null for what is no day. */
export function dayText(text: string): string | null {
  const found =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$/.exec(text.trim()) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim());
  if (!found) return null;
  const [, year = '', month = '', day = ''] = found;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date ? null : date;
}

const YES = /^(有|是|1|y|yes|√|✓|true)$/i;
const NO = /^(无|没有|否|0|n|no|×|false)$/i;

function pupil(text: (column: Column) => string): Pupil | null {
  const name = text('name');
  if (name === '') return null;
  const sex = text('sex');
  const certificate = text('certificate');
  const idNumber = text('idNumber').toUpperCase();
  const code = text('code');
  return {
    name,
    sex: /^(男|m|male|1)$/i.test(sex) ? 'M' : /^(女|f|female|2)$/i.test(sex) ? 'F' : null,
    birthDate: dayText(text('birthDate')),
    // A long number that a spreadsheet broke names nobody.
    idNumber: /^\d{17}[\dX]$/.test(idNumber) ? idNumber : null,
    code: /^\d{18}$/.test(code) ? code : null,
    className: text('className') || null,
    certificate: YES.test(certificate) ? true : NO.test(certificate) ? false : null,
  };
}

/** The pupils of a sheet's rows; empty where no row of headings with a name is found. */
export function pupilsOf(rows: readonly (readonly string[])[]): Pupil[] {
  const at = rows.findIndex((row) => headings(row) !== null);
  const columns = at < 0 ? null : headings(rows[at] ?? []);
  if (!columns) return [];
  return rows.slice(at + 1).flatMap((row) => {
    const text = (column: Column) => (row[columns.get(column) ?? -1] ?? '').trim();
    return pupil(text) ?? [];
  });
}

/** Typed lines: name, then code, ID number, birth date, sex or class in any order, apart by blanks. */
export function pupilsTyped(text: string): Pupil[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [name = '', ...rest] = line.trim().split(/[\s,，;；\t]+/);
    const is = (test: (part: string) => boolean) => rest.find(test) ?? '';
    const birth = is((part) => dayText(part) !== null);
    const long = rest.filter((part) => /^\d{17}[\dXx]$/.test(part));
    const number = long.find((part) => part !== birth) ?? '';
    // 18 digits are an ID number or a code; whichever a child has, it is found by.
    const parts: Partial<Record<Column, string>> = {
      name,
      birthDate: birth,
      idNumber: number,
      code: number,
      sex: is((part) => /^(男|女|M|F)$/i.test(part)),
      className: is((part) => /班/.test(part)),
      certificate: is((part) => /^(有证|无证)$/.test(part)).slice(0, 1),
    };
    return pupil((column) => parts[column] ?? '') ?? [];
  });
}

export interface Matched {
  pupil: Pupil;
  /** Who it is; null: nobody here, or more than one may be. */
  child: ChildRow | null;
  /** More than one: a person says which. */
  doubt: ChildRow[];
}

/** Who a pupil is: by code or ID number, else by name and birth date (and sex, where it is given). */
export function matched(pupil: Pupil, search: (text: string) => ChildRow[]): Matched {
  const { code, idNumber, name, birthDate, sex } = pupil;
  for (const number of [code, idNumber]) {
    if (!number) continue;
    const found = search(number).filter((one) => one.code === number || one.idNumber === number);
    if (found.length === 1 && found[0]) return { pupil, child: found[0], doubt: [] };
  }
  const same = comparableName(name);
  const found = search(name).filter(
    (one) =>
      comparableName(one.name) === same &&
      (birthDate === null || one.birthDate === birthDate) &&
      (sex === null || one.sex === sex || one.sex === 'U'),
  );
  // A name alone names nobody for certain.
  const sure = birthDate !== null && found.length === 1 ? (found[0] ?? null) : null;
  return { pupil, child: sure, doubt: sure ? [] : found };
}
