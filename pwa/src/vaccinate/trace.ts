/** Where a scanned trace code (药品追溯码) of a visit belongs. Pure. */

import type { Item } from './visit.ts';

/**
 * The index of the vaccine that a code is for: the only one that has none yet. `again` when a vaccine
 * has this code, `which` when a person must say, because the code itself does not name the vaccine.
 */
export function traceTarget(
  items: readonly Pick<Item, 'traceCode'>[],
  code: string,
): number | 'again' | 'which' {
  if (items.some((item) => item.traceCode === code)) return 'again';
  const open = items.flatMap((item, index) => (item.traceCode ? [] : [index]));
  return open.length === 1 && open[0] !== undefined ? open[0] : 'which';
}
