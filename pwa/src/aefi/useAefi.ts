/** The reactions of the clinic's children, read whole as they change. */
import { onBeforeUnmount, type ShallowRef, shallowRef, watch } from 'vue';
import { childrenVersion, opened, workspace } from '../workspace/workspace.ts';
import { type AefiCase, casesOf, sorted } from './clocks.ts';

export interface UseAefi {
  cases: Readonly<ShallowRef<AefiCase[]>>;
  /** All of them have been read once. */
  ready: Readonly<ShallowRef<boolean>>;
}

export function useAefi(): UseAefi {
  const cases = shallowRef<AefiCase[]>([]);
  const ready = shallowRef(false);
  const known = new Map<string, { rev: string; cases: AefiCase[] }>();
  let gone = false;

  async function read(): Promise<void> {
    const rows = workspace.value?.index.rows().filter(({ reacted }) => reacted) ?? [];
    const wanted = rows.filter(({ id, rev }) => known.get(id)?.rev !== rev);
    const found = wanted.length ? await opened().readAll(wanted.map(({ id }) => id)) : [];
    if (gone) return;
    const revs = new Map(wanted.map(({ id, rev }) => [id, rev]));
    for (const child of found) {
      known.set(child._id, { rev: revs.get(child._id) ?? '', cases: casesOf(child) });
    }
    const here = new Set(rows.map(({ id }) => id));
    for (const id of known.keys()) if (!here.has(id)) known.delete(id);
    if (wanted.length || !ready.value) {
      cases.value = sorted([...known.values()].flatMap((one) => one.cases));
    }
    ready.value = true;
  }

  let turn: Promise<void> = Promise.resolve();
  const stop = watch(
    [childrenVersion, workspace],
    () => {
      turn = turn.then(() => (gone || !workspace.value ? undefined : read()));
    },
    { immediate: true },
  );
  onBeforeUnmount(() => {
    gone = true;
    stop();
  });
  return { cases, ready };
}
