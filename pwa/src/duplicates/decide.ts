/** What a person decides on two cases that may be one child (疑似重复的处理), as a clinic records it. */
import { type ChildDoc, standing } from '../case/document.ts';
import { isProvisional } from '../case/joined.ts';
import type { Repository } from '../workspace/repository.ts';

export type Decision = 'same' | 'different' | 'undo';

/** The case that is kept as the main record of two: not a provisional one, else the older. */
export function keptOf(cases: readonly ChildDoc[]): ChildDoc | null {
  const sorted = [...cases].sort((a, b) => (a._id < b._id ? -1 : 1));
  return sorted.find((child) => !isProvisional(child)) ?? sorted[0] ?? null;
}

/**
 * Records a decision on these two cases, each read for itself; `undo` voids what stands between
 * them. Returns the revisions that were written, none where one of the two is not here.
 */
export async function decide(
  repository: Pick<Repository, 'addEvent' | 'void'>,
  cases: readonly ChildDoc[],
  decision: Decision,
): Promise<ChildDoc[]> {
  if (decision === 'undo') {
    const ids = cases.map(({ _id }) => _id);
    const written: ChildDoc[] = [];
    for (const child of cases) {
      for (const { id, event } of standing(child, 'same_as', 'not_same_as')) {
        if (!ids.includes(event.target)) continue;
        written.push(await repository.void(child._id, id, 'wrong_entry'));
      }
    }
    return written;
  }
  const kept = keptOf(cases);
  const other = cases.find((child) => child !== kept);
  if (!kept || !other) return [];
  const kind = decision === 'same' ? 'same_as' : 'not_same_as';
  return [await repository.addEvent(other._id, { kind, target: kept._id })];
}
