/** The state of sync, for pages (同步状态). */
import { type ComputedRef, computed, type ShallowRef } from 'vue';
import { deviceClock } from '../clock/useClock.ts';
import type {
  DayClose,
  PendingEntry,
  Phase,
  RefusedEntry,
  SyncProblem,
  SyncStatus,
} from '../sync/types.ts';
import { opened, syncStatus } from '../workspace/workspace.ts';

export type * from '../sync/types.ts';

export interface UseSync {
  /** All of it at once. */
  status: Readonly<ShallowRef<SyncStatus>>;
  phase: ComputedRef<Phase>;
  progress: ComputedRef<{ done: number; total: number }>;
  pending: ComputedRef<PendingEntry[]>;
  refused: ComputedRef<RefusedEntry[]>;
  lastHeard: ComputedRef<string | null>;
  problem: ComputedRef<SyncProblem | null>;
  /** A whole round now; resolves when it has ended, well or badly. */
  syncNow(): Promise<void>;
  /** Sends what is refused of a document again, once its cause is mended. */
  retry(entry: RefusedEntry): void;
  /** A person confirms that the server was set up anew: everything is compared with it again. */
  adoptServer(): Promise<void>;
  /** The day's close-out: a round, and then what is still only here. */
  closeDay(): Promise<DayClose>;
}

export function useSync(): UseSync {
  return {
    status: syncStatus,
    phase: computed(() => syncStatus.value.phase),
    progress: computed(() => syncStatus.value.progress),
    pending: computed(() => syncStatus.value.pending),
    refused: computed(() => syncStatus.value.refused),
    lastHeard: computed(() => syncStatus.value.lastHeard),
    problem: computed(() => syncStatus.value.problem),
    syncNow: () => opened().engine.syncNow(),
    retry: ({ id }) => opened().engine.retry(id),
    adoptServer: () => opened().engine.adoptServer(),
    async closeDay() {
      const { engine } = opened();
      await engine.syncNow();
      const { phase, counted, pending, refused } = engine.status();
      // Only a round that ended well is a proof.
      const closed = phase === 'idle' && counted && pending.length === 0 && refused.length === 0;
      return { closed, at: deviceClock().instant(), pending, refused };
    },
  };
}
