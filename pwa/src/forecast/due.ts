/** Computes in idle time when each child is due next, for the lists of the clinic (应种名单). */

import type { ChildDoc } from '../case/document.ts';
import type { ChildIndex } from '../workspace/child-index.ts';
import type { Forecaster } from './forecaster.ts';

/** Children of one turn: few, so that a key or a swipe never waits for them. */
const SLICE = 10;
/** After so many turns the lists are told. */
const TELL = 50;

export interface DueOptions {
  index: Pick<ChildIndex, 'rows' | 'setDue' | 'dueNoted'>;
  /** Children by their ids, merged; absent ones are left out. */
  read: (ids: readonly string[]) => Promise<ChildDoc[]>;
  today: () => string;
  /** Resolves when there is time to spare. */
  idle: () => Promise<void>;
}

export interface DuePlanner {
  /** Computes what is missing or out of date for this forecaster; a later call ends an earlier one. */
  run(forecaster: Forecaster): Promise<void>;
  stop(): void;
}

export function createDuePlanner(options: DueOptions): DuePlanner {
  const { index, read, today, idle } = options;
  let turn = 0;
  return {
    async run(forecaster) {
      const mine = ++turn;
      const asked = new Set<string>();
      let at = 0;
      let noted = false;
      for (let slices = 1; ; slices++) {
        await idle();
        if (mine !== turn) return;
        const slice: { id: string; rev: string }[] = [];
        const rows = index.rows();
        for (let seen = 0; seen < rows.length && slice.length < SLICE; seen++, at++) {
          const row = rows[at % rows.length];
          // A child that changes while it is computed is asked for once more.
          if (!row || row.dueFor === forecaster.key || asked.has(`${row.id} ${row.rev}`)) continue;
          asked.add(`${row.id} ${row.rev}`);
          slice.push(row);
        }
        if (noted && (slice.length === 0 || slices % TELL === 0)) {
          index.dueNoted();
          noted = false;
        }
        if (slice.length === 0) return;
        const revs = new Map(slice.map(({ id, rev }) => [id, rev]));
        for (const child of await read([...revs.keys()])) {
          noted = true;
          const { programme, besides } = forecaster.next(child, today());
          index.setDue(child._id, revs.get(child._id) as string, forecaster.key, {
            nextDue: programme?.date ?? null,
            nextGroups: programme?.groups ?? [],
            besidesDue: besides?.date ?? null,
            besidesGroups: besides?.groups ?? [],
          });
        }
      }
    },
    stop() {
      turn++;
    },
  };
}
