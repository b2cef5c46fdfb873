/** The papers of the check: proof (查验证明), list of who is to catch up (补种名单). */

import type { SchoolEntry } from '../case/school.ts';
import type { Clinic, Paper } from '../print/generated.ts';
import type { ChildRow } from '../workspace/row.ts';
import { type DoseCheck, doseOf } from './check.ts';

export interface PaperWords {
  t(key: string, values?: Record<string, string | number>): string;
  group(name: string): string;
}

const dosesIn = (doses: readonly DoseCheck[], state: DoseCheck['state'], words: PaperWords) => {
  const groups = new Map<string, number[]>();
  for (const one of doses) {
    if (one.state === state) groups.set(one.group, [...(groups.get(one.group) ?? []), one.number]);
  }
  return [...groups].map(([group, numbers]) => [words.group(group), numbers.join('、')]);
};

/** 入托入学预防接种查验证明: what was given (实种), what is missing (未种), and what is to be done. */
export function proof(
  row: ChildRow,
  entry: Pick<SchoolEntry, 'school' | 'year' | 'now'>,
  doses: readonly DoseCheck[],
  clinic: Clinic,
  words: PaperWords,
): Paper {
  const { t } = words;
  const isDone = entry.now.missing.length === 0;
  const columns = [t('schools.paper.vaccine'), t('schools.paper.doses')];
  const table = (state: DoseCheck['state'], title: string) => {
    const rows = dosesIn(doses, state, words);
    return rows.length ? [{ title, columns, rows, widths: [60, 40] }] : [];
  };
  return {
    clinic,
    title: t('schools.paper.proof'),
    subtitle: t('schools.paper.of', { school: entry.school, year: entry.year }),
    ...(row.code && { code: row.code }),
    facts: [
      { label: t('field.name'), value: row.name },
      { label: t('field.sex'), value: t(`sex.${row.sex}`) },
      { label: t('field.birth_date'), value: row.birthDate ?? '' },
      { label: t('schools.paper.checked'), value: entry.now.date },
    ],
    tables: [
      ...table('given', t('schools.paper.given')),
      ...table('due', t('schools.paper.missing')),
      ...table('notNeeded', t('schools.paper.notNeeded')),
    ],
    paragraphs: [
      t(isDone ? `schools.paper.result.complete` : 'schools.paper.result.catch-up', {
        by: `${entry.year}-12-31`,
      }),
    ],
    signs: [t('schools.paper.seal'), t('schools.paper.checker')],
    size: 'A5',
  };
}

/** `麻腮风 2、A群流脑 1`. */
export function missingText(missing: readonly string[], words: Pick<PaperWords, 'group'>): string {
  return missing
    .map(doseOf)
    .map(({ group, number }) => `${words.group(group)} ${number}`)
    .join('、');
}

export interface Listed {
  row: ChildRow;
  entry: SchoolEntry;
}

/** One line for each child, as a table of cells. */
export function listRows(list: readonly Listed[], words: PaperWords): string[][] {
  return list.map(({ row, entry }) => [
    entry.school,
    entry.className ?? '',
    row.name,
    words.t(`sex.${row.sex}`),
    row.birthDate ?? '',
    row.phone ?? '',
    missingText(entry.now.missing, words),
  ]);
}

export const LIST_COLUMNS = [
  'school',
  'class',
  'name',
  'sex',
  'birth',
  'phone',
  'missing',
] as const;

export function listPaper(
  list: readonly Listed[],
  year: string,
  clinic: Clinic,
  words: PaperWords,
): Paper {
  const { t } = words;
  return {
    clinic,
    title: t('schools.paper.list'),
    subtitle: t('schools.paper.listOf', { year, by: `${year}-12-31` }),
    tables: [
      {
        columns: LIST_COLUMNS.map((name) => t(`schools.column.${name}`)),
        rows: listRows(list, words),
        widths: [18, 10, 10, 6, 11, 14, 31],
      },
    ],
    size: 'A4 landscape',
  };
}
