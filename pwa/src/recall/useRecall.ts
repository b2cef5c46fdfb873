/** The lists of the clinic and what is noted of its calls, for pages. */
import { type ComputedRef, computed, type MaybeRefOrGetter, ref, toValue } from 'vue';
import type { NewEvent } from '../case/document.ts';
import { useCatalog } from '../catalog/index.ts';
import { moreOf } from '../catalog/vaccines.ts';
import { useClock } from '../clock/useClock.ts';
import { useRepository } from '../workspace/useChildren.ts';
import { childrenVersion, workspace } from '../workspace/workspace.ts';
import { type Listed, type ListKind, listOf } from './list.ts';

/** Vaccines that count for each group, by the dictionary. */
const groupVaccines = computed(() => {
  const groups = new Map<string, Set<string>>();
  for (const [code, entry] of Object.entries(useCatalog().entries('vaccine'))) {
    for (const group of moreOf(entry).groups ?? []) {
      const known = groups.get(group);
      if (known) known.add(code);
      else groups.set(group, new Set([code]));
    }
  }
  return groups;
});
const NONE: ReadonlySet<string> = new Set();

export const vaccinesOf = (group: string): ReadonlySet<string> =>
  groupVaccines.value.get(group) ?? NONE;

/** Codes of all that a child in a list is called for. */
export const calledFor = ({ doses }: Pick<Listed, 'doses'>): string[] =>
  [...new Set(doses.flatMap(({ group }) => [...vaccinesOf(group)]))].slice(0, 20);

export type Means = NewEvent<'contact'>['means'];

export interface UseRecall {
  list: ComputedRef<Listed[]>;
  /** Notes an outcome of each child; tells how many it has noted. */
  note(
    children: readonly Listed[],
    what: { means: Means; outcome: string; promised?: string },
    done?: (count: number) => void,
  ): Promise<void>;
  /** The child and event that was noted last, for taking it back. */
  last: Readonly<{ value: { id: string; name: string } | null }>;
  takeBack(): Promise<void>;
}

export function useRecall(
  kind: MaybeRefOrGetter<ListKind>,
  until: MaybeRefOrGetter<string>,
): UseRecall {
  const { today } = useClock();
  const { addEvent, void: voidEvent } = useRepository();
  const last = ref<{ id: string; name: string; event: string } | null>(null);
  return {
    list: computed(() => {
      void childrenVersion.value;
      const open = workspace.value;
      if (!open) return [];
      const [site, day] = [open.site, today()];
      return listOf(open.index.rows(), {
        kind: toValue(kind),
        site,
        today: day,
        until: toValue(until) || day,
        vaccinesOf,
      });
    }),
    async note(children, { means, outcome, promised }, done) {
      for (const [n, one] of children.entries()) {
        const child = await addEvent(one.row.id, {
          kind: 'contact',
          date: today(),
          means,
          outcome,
          vaccines: calledFor(one),
          ...(promised && { promised }),
        });
        const [event] = Object.keys(child.events).sort().reverse();
        last.value =
          children.length === 1 && event ? { id: one.row.id, name: one.row.name, event } : null;
        done?.(n + 1);
      }
    },
    last,
    async takeBack() {
      const noted = last.value;
      if (!noted) return;
      last.value = null;
      await voidEvent(noted.id, noted.event, 'entry');
    },
  };
}
