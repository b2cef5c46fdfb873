/**
 * What the sign in the header says of the sync. Green is a proof and not a hope: nothing pending,
 * nothing refused, and a complete round with the server whose time is named.
 */

import type { SyncStatus } from '../sync/types.ts';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

export interface Sign {
  tone: Tone;
  /** Key in the catalogue under `sync.sign`. */
  key:
    | 'refused'
    | 'problem'
    | 'loading'
    | 'pending'
    | 'pendingOffline'
    | 'all'
    | 'allOffline'
    | 'never'
    | 'counting';
  /** How many, for the keys that count. */
  count: number;
}

export function sign(status: SyncStatus): Sign {
  const { phase, pending, refused, problem } = status;
  const offline = phase === 'offline' || phase === 'stalled';
  if (refused.length > 0) return { tone: 'bad', key: 'refused', count: refused.length };
  if (phase === 'error' && problem) return { tone: 'bad', key: 'problem', count: pending.length };
  if (pending.length > 0) {
    return offline
      ? { tone: 'warn', key: 'pendingOffline', count: pending.length }
      : { tone: 'busy', key: 'pending', count: pending.length };
  }
  if (!status.counted) return { tone: 'idle', key: 'counting', count: 0 };
  if (phase === 'first-load') return { tone: 'busy', key: 'loading', count: 0 };
  if (status.syncedAt === null) return { tone: 'warn', key: 'never', count: 0 };
  if (offline) return { tone: 'idle', key: 'allOffline', count: 0 };
  return { tone: 'good', key: 'all', count: 0 };
}

/** Share of the first load that is done, 0 to 100; null while its size is unknown. */
export function percent(progress: { done: number; total: number }): number | null {
  if (progress.total <= 0) return null;
  return Math.min(100, Math.floor((100 * progress.done) / progress.total));
}

export interface PendingGroup {
  /** The document's id. */
  id: string;
  childName: string | null;
  type: string;
  writes: number;
}

/** Pending writes by document: what a person sees as one child or one move of stock. */
export function byDocument(
  entries: readonly { id: string; type: string; childName: string | null }[],
): PendingGroup[] {
  const groups = new Map<string, PendingGroup>();
  for (const { id, type, childName } of entries) {
    const group = groups.get(id);
    if (group) group.writes += 1;
    else groups.set(id, { id, type, childName, writes: 1 });
  }
  return [...groups.values()];
}
