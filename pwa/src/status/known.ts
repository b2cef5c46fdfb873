/**
 * The state of sync with what this device remembers of it: after a start without network the last
 * round is the one that it reported of itself (`device:`), and not none.
 */

import { type ComputedRef, computed } from 'vue';
import type { Device } from '../models/generated.ts';
import type { SyncStatus } from '../sync/types.ts';
import { documentsVersion, workspace } from '../workspace/workspace.ts';
import { useSync } from './status.ts';

/** Fills in the times that a fresh start does not know. */
export function remembered(
  status: SyncStatus,
  device: Pick<Device, 'synced_at'> | null,
): SyncStatus {
  if (!device || (status.syncedAt !== null && status.lastHeard !== null)) return status;
  return {
    ...status,
    syncedAt: status.syncedAt ?? device.synced_at,
    lastHeard: status.lastHeard ?? device.synced_at,
  };
}

export function useKnownSync(): ComputedRef<SyncStatus> {
  const { status } = useSync();
  return computed(() => {
    void documentsVersion.value;
    const open = workspace.value;
    const device = open?.documents.get<Device>(`device:${open.station}`) ?? null;
    return remembered(status.value, device);
  });
}
