/** Revisions of a document in a local database. */
import type PouchDB from 'pouchdb-core';

/** Revisions of a document's leaves that are not deleted, the winner first; none when it is gone. */
export async function liveRevisions(db: PouchDB.Database, id: string): Promise<string[]> {
  try {
    const { _rev, _conflicts = [] } = await db.get(id, { conflicts: true });
    return [_rev as string, ..._conflicts];
  } catch (error) {
    if ((error as { status?: number }).status === 404) return [];
    throw error;
  }
}
