/** Names to pinyin. The dictionary is large, so it is loaded when the index first needs it. */
import { partsOfName } from '../case/name.ts';

/**
 * The readings of each place of a name without tones, the likeliest first; `ü` is `v`. A Chinese
 * character is a place, and so is a word in Latin letters; a place that cannot be read has none.
 */
export type Pinyin = (name: string) => readonly (readonly string[])[];

const CHINESE = /^\p{Script=Han}$/u;
const LATIN = /^\p{Script=Latin}$/u;
const UNREADABLE: readonly string[] = [];

/** Letters as they are typed: without accents, `ü` as `v`. */
function plain(letters: string): string {
  return letters.replaceAll('ü', 'v').normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i');
}

/** A part of a name as its places: characters one by one, Latin letters in runs. */
function placesOf(part: string): string[] {
  const places: string[] = [];
  let latin = false;
  for (const char of part) {
    const isLatin = LATIN.test(char) || /\d/.test(char);
    if (isLatin && latin) places[places.length - 1] += char;
    else places.push(char);
    latin = isLatin;
  }
  return places;
}

/** Loads the dictionary. A first character is read as a surname first (单 shan, 仇 qiu). */
export async function loadPinyin(): Promise<Pinyin> {
  const { pinyin } = await import('pinyin-pro');
  const ask = (char: string, more: object) =>
    pinyin(char, { toneType: 'none', type: 'array', v: true, ...more });
  const readings = new Map<string, readonly string[]>();
  const surnames = new Map<string, readonly string[]>();

  /** All readings of a character, or of a word in Latin letters. */
  const read = (place: string): readonly string[] => {
    const known = readings.get(place);
    if (known) return known;
    const found = CHINESE.test(place)
      ? ask(place, { multiple: true }).filter((one) => one !== place)
      : LATIN.test(place[0] as string)
        ? [plain(place)]
        : UNREADABLE;
    // There are as many Chinese characters as there are, but Latin words without end.
    if (readings.size > 50_000) readings.clear();
    readings.set(place, found);
    return found;
  };
  const readSurname = (place: string): readonly string[] => {
    const known = surnames.get(place);
    if (known) return known;
    const found = CHINESE.test(place)
      ? [...new Set([...ask(place, { surname: 'head' }), ...read(place)])].filter(
          (one) => one !== place,
        )
      : read(place);
    if (surnames.size > 50_000) surnames.clear();
    surnames.set(place, found);
    return found;
  };

  return (name) =>
    partsOfName(name)
      .flatMap(placesOf)
      .map((place, at) => (at === 0 ? readSurname(place) : read(place)));
}
