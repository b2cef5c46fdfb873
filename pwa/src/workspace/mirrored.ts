/**
 * Which documents of a clinic are held in memory, by the beginnings of their ids. The others, as of
 * readings that come by the thousand, are read by those who show them, in the range that they show.
 */
export const MIRRORED: readonly string[] = [
  'device:',
  'numbers:',
  'problem:',
  'rating:',
  'reminder:',
  'settings:',
  'stock:',
];

export function isMirrored(id: string): boolean {
  return MIRRORED.some((prefix) => id.startsWith(prefix));
}
