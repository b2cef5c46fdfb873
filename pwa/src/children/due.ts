/** Computes in idle time when each child is due next, for the lists of the clinic (应种名单). */
import type { ChildIndex } from './child-index.ts';
import type { ChildDoc } from './document.ts';
import type { Forecaster } from './forecaster.ts';

const SLICE = 50;

export interface DueOptions {
  index: Pick<ChildIndex, 'rows' | 'setDue'>;
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
      for (;;) {
        await idle();
        if (mine !== turn) return;
        const slice: { id: string; rev: string }[] = [];
        for (const row of index.rows()) {
          // A child that changes while it is computed is asked for once more by the next run.
          if (row.dueFor === forecaster.key || asked.has(`${row.id} ${row.rev}`)) continue;
          asked.add(`${row.id} ${row.rev}`);
          slice.push(row);
          if (slice.length === SLICE) break;
        }
        if (slice.length === 0) return;
        const revs = new Map(slice.map(({ id, rev }) => [id, rev]));
        for (const child of await read([...revs.keys()])) {
          const next = forecaster.next(child, today());
          const rev = revs.get(child._id) as string;
          index.setDue(child._id, rev, forecaster.key, next?.date ?? null, next?.groups ?? []);
        }
      }
    },
    stop() {
      turn++;
    },
  };
}
