/** Which leaf of a case to write on (写在哪一支上). */
import type { ChildDoc } from '../case/document.ts';

/** Does the leaf hold what each of the added events stands on: a void's target, a receipt's release? */
function holds(leaf: ChildDoc, added: ChildDoc['events']): boolean {
  const isReleased = (id: string) => {
    const step = leaf.events[id];
    return step?.kind === 'move' && step.step === 'released';
  };
  return Object.values(added).every((event) => {
    if (event.kind === 'void') return event.target in leaf.events;
    if (event.kind !== 'move' || event.step !== 'received') return true;
    return event.answers === undefined || event.answers.some(isReleased);
  });
}

/**
 * The leaf to write on: the winner, or the one in which stands what is added: a void beside its
 * target, a receipt beside a release that it answers. One that the server refused (`refused`) would
 * take along what is added now, so it comes last. `own` are the leaves of the case itself, the winner
 * first and at least one; `leaves` those of all cases that make the child.
 */
export async function leafToWriteOn(
  own: readonly ChildDoc[],
  leaves: readonly ChildDoc[],
  added: ChildDoc['events'],
  refused: (id: string) => Promise<ReadonlySet<string>>,
): Promise<ChildDoc> {
  const pick = async (some: readonly ChildDoc[]) => {
    const [first] = some;
    if (!first || some.length === 1) return first;
    const denied = await refused(first._id);
    return some.find(({ _rev }) => !denied.has(_rev as string)) ?? first;
  };
  const fits = (leaf: ChildDoc) => holds(leaf, added);
  return (await pick(own.filter(fits))) ?? leaves.find(fits) ?? ((await pick(own)) as ChildDoc);
}
