/** The readings of Chinese characters, made by `scripts/readings.mjs` when the program is built. */
declare module 'virtual:readings' {
  const readings: Readings;
  export default readings;
}

interface Readings {
  base: number;
  /** Readings that characters have, apart by spaces, the likeliest first. */
  lists: string[];
  /** Characters that follow one another: the first one's code, and a place in `lists` (plus `base`) each. */
  runs: [first: number, places: string][];
  /** How a character is read as a surname, where that is not its likeliest reading. */
  surnames: Record<string, string>;
}
