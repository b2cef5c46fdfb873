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

type Run = [first: number, places: string];

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
  const { base, lists, runs, surnames } = (await import('virtual:readings')).default;
  const readings = new Map<string, readonly string[]>();
  const asSurname = new Map<string, readonly string[]>();

  function readChinese(char: string): readonly string[] {
    const code = char.codePointAt(0) as number;
    // The last run that begins at or before the character.
    let [low, high] = [0, runs.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((runs[middle] as Run)[0] <= code) low = middle;
      else high = middle;
    }
    const [first, places] = runs[low] as Run;
    return lists[places.charCodeAt(code - first) - base]?.split(' ') ?? UNREADABLE;
  }
  /** All readings of a character, or of a word in Latin letters. */
  function read(place: string): readonly string[] {
    const known = readings.get(place);
    if (known) return known;
    const found = CHINESE.test(place)
      ? readChinese(place)
      : LATIN.test(place[0] as string)
        ? [plain(place)]
        : UNREADABLE;
    // There are as many Chinese characters as there are, but Latin words without end.
    if (readings.size > 50_000) readings.clear();
    readings.set(place, found);
    return found;
  }
  function readSurname(place: string): readonly string[] {
    const surname = surnames[place];
    if (!surname) return read(place);
    const known = asSurname.get(place);
    if (known) return known;
    const found = [...new Set([surname, ...read(place)])];
    asSurname.set(place, found);
    return found;
  }

  return (name) =>
    partsOfName(name)
      .flatMap(placesOf)
      .map((place, at) => (at === 0 ? readSurname(place) : read(place)));
}
