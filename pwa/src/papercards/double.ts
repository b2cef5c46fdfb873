/** The second entry of a sample (双录核对): what two typists read differently on one card. Pure. */
import { birthOf, type Card, doses, sexOf } from './card.ts';

/** One field in which two entries differ. */
export interface Difference {
  /** `name`, `sex`, …; `dose` with its vaccine and number. */
  field: string;
  code?: string;
  number?: number;
  first: string;
  second: string;
}

export interface Compared {
  /** Fields that stand on either. */
  fields: number;
  differences: Difference[];
}

function fieldsOf(
  card: Card,
  today: string,
): Map<string, Omit<Difference, 'first' | 'second'> & { value: string }> {
  const found = new Map<string, Omit<Difference, 'first' | 'second'> & { value: string }>();
  const plain = (text: string) => text.normalize('NFKC').replace(/\s/g, '').toUpperCase();
  const head = {
    name: plain(card.name),
    sex: sexOf(card.sex) ?? '',
    birth: birthOf(card, today) ?? plain(card.birth),
    mother: plain(card.mother),
    phone: plain(card.phone),
    idNumber: plain(card.idNumber),
  };
  for (const [field, value] of Object.entries(head)) found.set(field, { field, value });
  for (const { code, number, date, lot } of doses(card, today)) {
    if (!code) continue;
    const series = `${code.slice(0, 2)} ${number}`;
    found.set(`${series} vaccine`, { field: 'vaccine', code, number, value: code });
    found.set(`${series} date`, { field: 'date', code, number, value: date ?? '' });
    found.set(`${series} lot`, { field: 'lot', code, number, value: plain(lot) });
  }
  return found;
}

/** Two entries of one card, field by field; what neither has written is not counted. */
export function compare(first: Card, second: Card, today: string): Compared {
  const [a, b] = [fieldsOf(first, today), fieldsOf(second, today)];
  const differences: Difference[] = [];
  let fields = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key), b.get(key)];
    const [was, is] = [one?.value ?? '', other?.value ?? ''];
    if (!was && !is) continue;
    fields += 1;
    if (was === is) continue;
    const { value: _, ...what } = (one ?? other) as NonNullable<typeof one>;
    differences.push({ ...what, first: was, second: is });
  }
  return { fields, differences };
}

/** Differing fields of a hundred, to two places; null while nothing was compared. */
export function errorRate(compared: readonly Compared[]): number | null {
  const fields = compared.reduce((sum, one) => sum + one.fields, 0);
  const wrong = compared.reduce((sum, one) => sum + one.differences.length, 0);
  return fields ? Math.round((wrong / fields) * 10_000) / 100 : null;
}

/** Which of so many cards are typed again: every tenth, and three of a small pile at least. */
export function sample(count: number, draw: () => number = Math.random): number[] {
  const wanted = Math.min(count, Math.max(3, Math.ceil(count / 10)));
  const left = Array.from({ length: count }, (_, i) => i);
  const drawn: number[] = [];
  while (drawn.length < wanted) {
    drawn.push(...left.splice(Math.floor(draw() * left.length), 1));
  }
  return drawn.sort((a, b) => a - b);
}
