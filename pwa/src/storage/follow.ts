/**
 * Follows a local database: whoever writes to it, in this tab, in another or from the server, the
 * documents come by here once each (or more often, which must do no harm), in order.
 */
import type PouchDB from 'pouchdb-core';
import type { Filled, Store } from './store.ts';

const PAGE = 500;

export interface Follower {
  /** Resolves when all that was written before the call has come by. */
  catchUp(): Promise<void>;
  /** The local sequence up to which everything has come by. */
  covered(): number;
  close(): Promise<void>;
}

/**
 * Calls `take` with the documents after `since`, deleted ones with `_deleted`, those in conflict
 * with `_conflicts`. A fault of the storage is told to the store; following goes on at the next
 * change from where it stood.
 */
export function follow(
  store: Store,
  since: number,
  take: (docs: PouchDB.Doc[]) => void | Promise<void>,
): Follower {
  let covered = since;
  let running: Promise<void> | null = null;
  let again = false;
  let closed = false;

  const readOn = async () => {
    for (;;) {
      const page = await store.changes(covered, PAGE);
      const docs = page.results.flatMap(({ doc }) => (doc ? [doc] : []));
      if (docs.length) await take(docs);
      covered = Math.max(covered, Number(page.last_seq));
      if (page.results.length < PAGE) return;
    }
  };
  const catchUp = (): Promise<void> => {
    again = true;
    running ??= (async () => {
      try {
        while (again && !closed) {
          again = false;
          await readOn();
        }
      } finally {
        running = null;
      }
    })();
    return running;
  };
  /** A batch of new documents need not be read back, when it is what comes next. */
  const fill = async (filled: Filled) => {
    if (running || filled.from !== covered) return catchUp();
    covered = filled.to;
    await take(filled.docs);
  };
  const stop = store.onChange((filled) => {
    if (closed) return;
    const done = filled?.fresh ? fill(filled) : catchUp();
    done.catch(store.report);
  });

  return {
    catchUp,
    covered: () => covered,
    async close() {
      closed = true;
      stop();
      await running;
    },
  };
}
