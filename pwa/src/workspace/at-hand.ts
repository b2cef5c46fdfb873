/** The children that were read last, for pages that are about to show them (手头个案). */
import type { ChildDoc } from '../case/document.ts';
import type { ChildIndex } from './child-index.ts';
import { revOf } from './row.ts';

/** A page, the one before it, and one that somebody looks at beside. */
const KEPT = 4;

export interface AtHand {
  /** Reads a child, and keeps it at hand. */
  get(id: string): Promise<ChildDoc | null>;
  /** What was read last of a child, while the index knows nothing newer. */
  atHand(id: string): ChildDoc | null;
}

export function createAtHand(
  read: (id: string) => Promise<ChildDoc | null>,
  index: Pick<ChildIndex, 'row'>,
): AtHand {
  const kept = new Map<string, ChildDoc>();
  return {
    async get(id) {
      const child = await read(id);
      kept.delete(id);
      if (child) kept.set(id, child);
      const [oldest] = kept.keys();
      if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
      return child;
    },
    atHand(id) {
      const child = kept.get(id);
      return child && index.row(id)?.rev === revOf(child) ? child : null;
    },
  };
}
