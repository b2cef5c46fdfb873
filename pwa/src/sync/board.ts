/** What is shown of the sync (状态板): kept by the tab that leads, repeated by the others. */
import type { EngineOptions } from './options.ts';
import { INITIAL_STATUS, type SyncStatus } from './types.ts';

export interface Board {
  status(): SyncStatus;
  set(patch: Partial<SyncStatus>): void;
  /** What waits and what is refused, as the outbox has it now. */
  lists(): Pick<SyncStatus, 'counted' | 'pending' | 'refused'>;
  /** How much a person would have to act upon. */
  denials(): number;
  /** A sign of life from the server. */
  heard(): void;
}

/** `changed` is told of each change. */
export function createBoard(
  { outbox, clock, childName }: Pick<EngineOptions, 'outbox' | 'clock' | 'childName'>,
  changed: (status: SyncStatus) => void,
): Board {
  let status: SyncStatus = INITIAL_STATUS;
  const set = (patch: Partial<SyncStatus>) => {
    status = { ...status, ...patch };
    changed(status);
  };
  const standing = () => outbox.refused().filter(({ withdrawn }) => !withdrawn);
  return {
    status: () => status,
    set,
    lists: () => ({
      counted: true,
      pending: outbox.pending().map(({ id, rev }) => ({
        id,
        rev,
        type: id.slice(0, id.indexOf(':')),
        childName: childName(id),
      })),
      refused: standing().map(({ asked, withdrawn, ...entry }) => ({
        ...entry,
        childName: childName(entry.id),
      })),
    }),
    denials: () => standing().length,
    heard() {
      // A feed tells many times a second; the screen needs it once.
      const now = clock.instant();
      if (status.lastHeard === null || Date.parse(now) - Date.parse(status.lastHeard) > 1000) {
        set({ lastHeard: now });
      }
    },
  };
}
