/**
 * When each child is due next, for the lists of the clinic (应种名单). A child that is put into the
 * index is computed at once; what an earlier session has kept is computed again, in idle time, when
 * the schedules or the day have changed.
 */

import type { ChildDoc } from '../case/document.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import type { ChildIndex } from '../workspace/child-index.ts';
import type { Dues, IndexedRow } from '../workspace/row.ts';
import type { Forecaster } from './forecaster.ts';

/** Children that are read together, and of those, how many one turn computes: a key must not wait. */
const READ = 25;
const SLICE = 10;
/** After so many reads the lists are told. */
const TELL = 20;
/** The lists of the home page show children who are due within so many days. */
const LISTED_DAYS = 7;

/** A short name of a text: equal texts have equal names, and others hardly ever. */
function shortName(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

/** What dates were computed with: the schedules, and the day. */
export function dueKey(forecaster: Forecaster, today: string): string {
  return `${shortName(forecaster.key)} ${today}`;
}

/** What the schedules say of a child on a day. */
export function duesOf(forecaster: Forecaster, child: ChildDoc, today: string): Dues {
  const { programme, besides, wanted } = forecaster.next(child, today);
  return {
    nextDue: programme?.date ?? null,
    nextGroups: programme?.groups ?? [],
    lateFrom: programme?.lateFrom ?? null,
    besidesDue: besides?.date ?? null,
    besidesGroups: besides?.groups ?? [],
    wanted,
  };
}

export interface DueOptions {
  index: Pick<ChildIndex, 'rows' | 'row' | 'setDue' | 'dueNoted'>;
  /** Children by their ids, merged; absent ones are left out. */
  read: (ids: readonly string[]) => Promise<ChildDoc[]>;
  today: () => string;
  /** Resolves when there is time to spare. */
  idle: () => Promise<void>;
  /** How many children the lists still lack, or may show wrongly. */
  counting?: (left: number) => void;
}

export interface DuePlanner {
  /** Computes what is missing or out of date for this forecaster; a later call ends an earlier one. */
  run(forecaster: Forecaster): Promise<void>;
  stop(): void;
}

/**
 * Those whose dates are not of this key. In front, those by whom the lists may be wrong: computed by
 * other schedules or never, or on another day and listed. The others only grow old, which is seldom seen.
 */
function outOfDate(rows: readonly IndexedRow[], key: string, today: string) {
  const edition = key.slice(0, key.indexOf(' ') + 1);
  const until = dateOf((dayOf(today) ?? 0) + LISTED_DAYS);
  const listed: string[] = [];
  const others: string[] = [];
  for (const { id, dueFor, nextDue, besidesDue } of rows) {
    if (dueFor === key) continue;
    const soon = (nextDue ?? '9') <= until || (besidesDue ?? '9') <= until;
    (soon || !dueFor.startsWith(edition) ? listed : others).push(id);
  }
  return { listed, others };
}

export function createDuePlanner(options: DueOptions): DuePlanner {
  const { index, read, today, idle, counting = () => {} } = options;
  let turn = 0;

  return {
    async run(forecaster) {
      const mine = ++turn;
      const day = today();
      const key = dueKey(forecaster, day);
      const { listed, others } = outOfDate(index.rows(), key, day);
      const todo = [...listed, ...others];
      counting(listed.length);
      for (let at = 0; at < todo.length; at += READ) {
        await idle();
        if (mine !== turn) return;
        const ids = todo.slice(at, at + READ);
        const revs = new Map(ids.map((id) => [id, index.row(id)?.rev ?? '']));
        const children = await read(ids);
        for (const [n, child] of children.entries()) {
          if (n % SLICE === SLICE - 1) await idle();
          if (mine !== turn) return;
          index.setDue(child._id, revs.get(child._id) ?? '', key, duesOf(forecaster, child, day));
        }
        const last = at + READ >= todo.length;
        if (last || (at / READ) % TELL === 0) index.dueNoted();
        counting(Math.max(0, listed.length - at - READ));
      }
      counting(0);
    },
    stop() {
      turn++;
    },
  };
}
