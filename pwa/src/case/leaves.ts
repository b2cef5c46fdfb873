/** A child's leaves in a local database, and the one child that they make. */
import type PouchDB from 'pouchdb-core';
import type { ChildDoc } from './document.ts';
import { mergeAll } from './merge.ts';

/** The merge of a winner (read with `conflicts`) and its conflicting leaves; `_rev` stays. */
export async function mergeLeaves(db: PouchDB.Database, winner: ChildDoc): Promise<ChildDoc> {
  const conflicts = winner._conflicts ?? [];
  if (conflicts.length === 0) return winner;
  const leaves = await Promise.all(conflicts.map((rev) => db.get<ChildDoc>(winner._id, { rev })));
  const merged = mergeAll([winner, ...leaves]);
  return { ...merged, ...(winner._rev && { _rev: winner._rev }), _conflicts: conflicts };
}

/** All leaves of a child, each with its `_rev`, the winner first; empty when there is none. */
export async function readLeaves(db: PouchDB.Database, id: string): Promise<ChildDoc[]> {
  try {
    const { _conflicts = [], ...winner } = await db.get<ChildDoc>(id, { conflicts: true });
    const others = await Promise.all(_conflicts.map((rev) => db.get<ChildDoc>(id, { rev })));
    return [winner, ...others];
  } catch (error) {
    if ((error as { status?: number }).status === 404) return [];
    throw error;
  }
}

/** The child with all its leaves merged, or null when there is none of this id. */
export async function readChild(db: PouchDB.Database, id: string): Promise<ChildDoc | null> {
  let winner: ChildDoc;
  try {
    winner = await db.get<ChildDoc>(id, { conflicts: true });
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null;
    throw error;
  }
  return mergeLeaves(db, winner);
}

/** Several children at once, merged; ids that are not here are left out. */
export async function readChildren(
  db: PouchDB.Database,
  ids: readonly string[],
): Promise<ChildDoc[]> {
  const { rows } = await db.allDocs({ keys: [...ids], include_docs: true, conflicts: true });
  const found = rows.flatMap(({ doc, value }) => (doc && !value.deleted ? [doc] : []));
  return Promise.all(found.map((doc) => mergeLeaves(db, doc as unknown as ChildDoc)));
}
