/** The children of one day's visits (当日就诊), read whole: for boards, tills and daily sheets. */
import {
  type MaybeRefOrGetter,
  onScopeDispose,
  type ShallowRef,
  shallowRef,
  toValue,
  watch,
} from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { isOnDay } from './row.ts';
import { childrenVersion, workspace } from './workspace.ts';

export interface Day {
  /** Who has an event of the day at this clinic; the same list until one of them changes. */
  children: Readonly<ShallowRef<readonly ChildDoc[]>>;
  /** The first list is still being read. */
  loading: Readonly<ShallowRef<boolean>>;
}

/**
 * The children with an event of a day at this clinic, `YYYY-MM-DD`, kept up to date while the calling
 * component stands. Only those whose record has changed are read again.
 */
export function useDay(day: MaybeRefOrGetter<string>): Day {
  const children = shallowRef<readonly ChildDoc[]>([]);
  const loading = shallowRef(true);
  let known = new Map<string, { rev: string; child: ChildDoc }>();
  let stopped = false;
  let running = false;
  let again = false;

  async function look(): Promise<void> {
    const open = workspace.value;
    if (!open) return;
    const rows = open.index.rows().filter((row) => isOnDay(row, toValue(day)));
    const stale = rows.filter(({ id, rev }) => known.get(id)?.rev !== rev);
    if (stale.length === 0 && rows.length === known.size && !loading.value) return;
    const read = stale.length ? await open.readAll(stale.map(({ id }) => id)) : [];
    if (stopped) return;
    const fresh = new Map(read.map((child) => [child._id, child]));
    const next: typeof known = new Map();
    for (const { id, rev } of rows) {
      const child = fresh.get(id) ?? known.get(id)?.child;
      if (child) next.set(id, { rev, child });
    }
    known = next;
    children.value = [...next.values()].map(({ child }) => child);
    loading.value = false;
  }

  /** One after the other: while children come in without end, each reading still shows what it read. */
  async function lookAgain(): Promise<void> {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again && !stopped) {
        again = false;
        await look();
      }
    } finally {
      running = false;
    }
  }

  watch([() => toValue(day), childrenVersion, workspace], () => void lookAgain(), {
    immediate: true,
  });
  onScopeDispose(() => {
    stopped = true;
  });
  return { children, loading };
}
