/** Looking up what the region tells its clinics (相关信息): by title, text, pinyin initials. Pure. */
import type { Article, Department } from '../models/generated.ts';
import type { Pinyin } from '../workspace/pinyin.ts';

export const KINDS = ['notice', 'law', 'article', 'link', 'department'] as const;
export type Kind = (typeof KINDS)[number];

/** An article or a department, as a line of the list. */
export interface Item {
  id: string;
  kind: Kind;
  title: string;
  /** Everything else that is searched. */
  text: string;
  /** Newest first within a kind; a department has none. */
  published: string;
  doc: Article | Department;
}

/** Does a region's word hold at a place, a clinic's or a region's code? */
export function holdsAt(region: string, place: string): boolean {
  return place.startsWith(region.replace(/(00){1,2}$/, ''));
}

export function itemsOf(
  articles: readonly Article[],
  departments: readonly Department[],
  place: string,
): Item[] {
  const shown = (one: Article | Department) =>
    !one.withdrawn && (holdsAt(one.region, place) || holdsAt(place, one.region));
  return [
    ...articles.filter(shown).map((doc) => ({
      id: doc._id,
      kind: doc.kind,
      title: doc.title,
      text: [doc.body, doc.address].filter(Boolean).join('\n'),
      published: doc.published,
      doc,
    })),
    ...departments.filter(shown).map((doc) => ({
      id: doc._id,
      kind: 'department' as const,
      title: doc.title,
      text: [doc.duty, doc.phone, doc.address, doc.hours].filter(Boolean).join('\n'),
      published: '',
      doc,
    })),
  ].sort(
    (a, b) =>
      KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) ||
      b.published.localeCompare(a.published) ||
      a.title.localeCompare(b.title),
  );
}

/** First letters of a title as people type them: 疫苗管理法 → ymglf. */
export function initials(title: string, pinyin: Pinyin): string {
  return pinyin(title)
    .map(([reading = '']) => reading.slice(0, 1))
    .join('');
}

/** How well a word is met: 0 the title, 1 its initials, 2 the text; null not at all. */
function rank(item: Item, word: string, pinyin: Pinyin): number | null {
  if (item.title.toLowerCase().includes(word)) return 0;
  if (/^[a-z]{2,}$/.test(word) && initials(item.title, pinyin).includes(word)) return 1;
  return item.text.toLowerCase().includes(word) ? 2 : null;
}

/** Items that meet every word of the query, those met by their titles first. */
export function find(items: readonly Item[], query: string, pinyin: Pinyin): Item[] {
  const words = query.normalize('NFKC').toLowerCase().split(/\s+/).filter(Boolean);
  return items
    .flatMap((item) => {
      let worst = 0;
      for (const word of words) {
        const found = rank(item, word, pinyin);
        if (found === null) return [];
        worst = Math.max(worst, found);
      }
      return [{ item, worst }];
    })
    .sort((a, b) => a.worst - b.worst)
    .map(({ item }) => item);
}
