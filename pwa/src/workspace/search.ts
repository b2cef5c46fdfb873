/**
 * Search over the rows in memory (查询): every word of the query must be found in a row. A word of
 * digits is looked for in the child's code, ID number, phones, cards and birth date; Latin letters
 * in the name's pinyin, in full or its first letters; Chinese in the name and the mother's name.
 */
import type { IndexedRow } from './row.ts';

/** 0: all of it, 1: its beginning, 2: somewhere in it; null: not found. */
type Rank = 0 | 1 | 2 | null;

interface Word {
  kind: 'digits' | 'latin' | 'text';
  text: string;
}

function wordsOf(query: string): Word[] {
  return query
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .split(/[\s,，、;；]+/)
    .filter(Boolean)
    .map((text) => {
      const digits = text.replace(/[-./+]|(?<=\d)[年月]|日$/g, '');
      if (/^\d+x?$/.test(digits)) return { kind: 'digits', text: digits.toUpperCase() };
      if (/^[a-zü'’]+$/.test(text)) {
        return { kind: 'latin', text: text.replace(/['’]/g, '').replaceAll('ü', 'v') };
      }
      return { kind: 'text', text };
    });
}

function rankDigits(digits: string, text: string): Rank {
  const at = digits.indexOf(text);
  if (at < 0) return null;
  if (at !== 0 && digits[at - 1] !== ' ') {
    // A later number may begin with it.
    const start = digits.indexOf(` ${text}`);
    if (start < 0) return 2;
    const end = start + 1 + text.length;
    return end === digits.length || digits[end] === ' ' ? 0 : 1;
  }
  const end = at + text.length;
  return end === digits.length || digits[end] === ' ' ? 0 : 1;
}

function rankLatin(row: IndexedRow, text: string): Rank {
  if (row.initials === text || row.full === text) return 0;
  if (row.initials.startsWith(text) || row.full.startsWith(text)) return 1;
  return row.full.includes(text) ? 2 : null;
}

function rankText(row: IndexedRow, text: string): Rank {
  // Chinese has no case; only a name in another script is worth the conversion.
  const cased = text !== text.toUpperCase();
  const name = cased ? row.name.toLowerCase() : row.name;
  if (name.startsWith(text)) return name === text ? 0 : 1;
  if (name.includes(text)) return 2;
  const { mother } = row;
  if (mother === null) return null;
  return (cased ? mother.toLowerCase() : mother).includes(text) ? 2 : null;
}

function rankOf(row: IndexedRow, words: readonly Word[]): Rank {
  let worst: Exclude<Rank, null> = 0;
  for (const { kind, text } of words) {
    const rank =
      kind === 'digits'
        ? rankDigits(row.digits, text)
        : kind === 'latin'
          ? rankLatin(row, text)
          : rankText(row, text);
    if (rank === null) return null;
    if (rank > worst) worst = rank;
  }
  return worst;
}

/** The younger first: it is the one who comes to the clinic. */
function younger(a: IndexedRow, b: IndexedRow): number {
  const left = a.birthDate ?? '';
  const right = b.birthDate ?? '';
  if (left !== right) return left > right ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Puts a row into the first `limit` of a sorted list. */
function keepBest(list: IndexedRow[], row: IndexedRow, limit: number): void {
  const last = list.at(-1);
  if (list.length >= limit && last && younger(last, row) < 0) return;
  let at = list.length;
  while (at > 0 && younger(row, list[at - 1] as IndexedRow) < 0) at--;
  list.splice(at, 0, row);
  if (list.length > limit) list.pop();
}

/** The best `limit` rows for a query, best first. An empty query finds nothing. */
export function search(rows: Iterable<IndexedRow>, query: string, limit: number): IndexedRow[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  const found: [IndexedRow[], IndexedRow[], IndexedRow[]] = [[], [], []];
  for (const row of rows) {
    const rank = rankOf(row, words);
    if (rank !== null) keepBest(found[rank], row, limit);
  }
  return found.flat().slice(0, limit);
}
