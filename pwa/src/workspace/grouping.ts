/**
 * Keeps the index at one row for each child: cases that are joined (合并个案) are read together and
 * shown under their representative.
 */
import type PouchDB from 'pouchdb-core';
import type { ChildDoc } from '../case/document.ts';
import { groupOf, links, union } from '../case/joined.ts';
import { readChildren } from '../case/leaves.ts';
import type { ChildIndex } from './child-index.ts';

export interface Grouping {
  /** A case as it is now, with all its leaves merged. */
  take(child: ChildDoc): Promise<void>;
  /** A case that is gone. */
  remove(id: string): Promise<void>;
  /** The cases that are one child with this one, itself among them. */
  members(id: string): readonly string[];
  /** The child that a case belongs to, read whole; null when it is not here. */
  read(id: string): Promise<ChildDoc | null>;
  /** Children by the ids of their rows, read whole; absent ones are left out. */
  readAll(ids: readonly string[]): Promise<ChildDoc[]>;
}

/** `index` may hold rows already: what they know of joined cases is taken up. */
export function createGrouping(
  db: PouchDB.Database,
  index: Pick<ChildIndex, 'rows' | 'put' | 'remove'>,
): Grouping {
  const linked = new Map<string, readonly string[]>();
  for (const { links: known } of index.rows()) {
    for (const [source, target] of known) {
      linked.set(source, [...(linked.get(source) ?? []), target]);
    }
  }
  // Hardly any case is joined to another, so walking all links costs nothing.
  const members = (id: string) => (linked.size ? groupOf(id, linked) : [id]);

  const show = async (group: readonly string[], known: ChildDoc | null) => {
    const cases =
      known && group.length === 1 && group[0] === known._id
        ? [known]
        : await readChildren(db, group);
    const whole = cases.length ? union(cases) : null;
    for (const id of group) if (id !== whole?._id) index.remove(id);
    if (whole) {
      index.put(
        whole,
        group.flatMap((id) => (linked.get(id) ?? []).map((target) => [id, target] as const)),
        cases,
      );
    }
  };
  /** Shows the groups into which these cases fall now. */
  const regroup = async (ids: Iterable<string>, known: ChildDoc | null) => {
    const left = new Set(ids);
    for (const id of left) {
      const group = members(id);
      for (const one of group) left.delete(one);
      await show(group, known);
    }
  };

  return {
    members,
    async take(child) {
      const before = members(child._id);
      const targets = links(child);
      if (targets.length) linked.set(child._id, targets);
      else linked.delete(child._id);
      await regroup([...before, ...members(child._id)], child);
    },
    async remove(id) {
      const before = members(id);
      linked.delete(id);
      await regroup(before, null);
    },
    async read(id) {
      const cases = await readChildren(db, members(id));
      return cases.length ? union(cases) : null;
    },
    async readAll(ids) {
      const wanted = new Map(ids.map((id) => [id, members(id)]));
      const cases = await readChildren(db, [...new Set([...wanted.values()].flat())]);
      const known = new Map(cases.map((child) => [child._id, child]));
      return [...wanted.values()].flatMap((group) => {
        const here = group.flatMap((id) => known.get(id) ?? []);
        return here.length ? [union(here)] : [];
      });
    },
  };
}
