/** What this person is reminded of, at this desk. */
import { type ComputedRef, computed, reactive, watch } from 'vue';
import { useAefi } from '../aefi/useAefi';
import { fact } from '../case/document';
import { localDate } from '../clock/clock';
import { deviceClock, useClock } from '../clock/useClock';
import { ulid } from '../ids/ulid';
import type { Reminder } from '../models/generated.ts';
import { useLots } from '../stock/useStock';
import { useSession } from '../workspace/session';
import { documentsVersion, opened, workspace } from '../workspace/workspace';
import { type Reminding, readWanted, remind, type Wanted } from './remind';

const KEY = 'miaopu.reminders.';
const AWAY = 'miaopu.reminders.away.';
/** Keys that are kept as put away; older ones have long been over. */
const KEPT = 200;

/** One person's choice, shared by the bell and the page. */
const mine = reactive<{ user: string; wanted: Wanted; away: string[] }>({
  user: '',
  wanted: readWanted(null),
  away: [],
});

function load(user: string): void {
  if (mine.user === user) return;
  mine.user = user;
  mine.wanted = readWanted(localStorage.getItem(KEY + user));
  mine.away = (localStorage.getItem(AWAY + user) ?? '').split('\n').filter(Boolean);
}

async function put(
  content: Pick<Reminder, 'title' | 'due' | 'only_for' | 'closes'>,
): Promise<void> {
  const open = opened();
  deviceClock().recording();
  const said = Object.entries(content).filter(([, value]) => value !== undefined);
  const document = { _id: `reminder:${ulid()}`, type: 'reminder', ...Object.fromEntries(said) };
  await open.store.put({ ...document, ...open.provenance() });
  await open.catchUp();
}

export interface UseReminders {
  list: ComputedRef<Reminding[]>;
  wanted: Wanted;
  /** Sets one for everybody, or for oneself. */
  add(title: string, due: string, onlyMine: boolean): Promise<void>;
  /** A reminder that was set is closed for all; what the program reminds of is put away for oneself. */
  done(one: Reminding): Promise<void>;
}

export function useReminders(): UseReminders {
  const { user } = useSession();
  const { now, today } = useClock();
  const lots = useLots(null);
  const { cases } = useAefi();
  load(user.value?.name ?? '');
  watch(
    () => mine.wanted,
    (wanted) => localStorage.setItem(KEY + mine.user, JSON.stringify(wanted)),
    { deep: true },
  );
  const own = computed(() => {
    void documentsVersion.value;
    return workspace.value?.documents.all<Reminder>('reminder:') ?? [];
  });
  const list = computed(() =>
    remind({
      wanted: mine.wanted,
      today: today(),
      now: Date.parse(now.value),
      user: mine.user,
      lots: lots.value,
      aefi: cases.value.flatMap(({ id, child, next }) =>
        next ? [{ id, step: next.step, name: fact(child, 'name') ?? '', due: next.due }] : [],
      ),
      own: own.value,
      away: new Set(mine.away),
      dateOfMs: localDate,
    }),
  );
  return {
    list,
    wanted: mine.wanted,
    add: (title, due, onlyMine) =>
      put({ title: title.trim(), due, ...(onlyMine && { only_for: mine.user }) }),
    async done({ kind, key }) {
      if (kind === 'own') return put({ closes: key.slice('reminder:'.length) });
      mine.away = [...mine.away, key].slice(-KEPT);
      localStorage.setItem(AWAY + mine.user, mine.away.join('\n'));
    },
  };
}
