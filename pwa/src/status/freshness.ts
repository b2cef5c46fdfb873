/**
 * How far a child's record can be trusted to be the latest (新鲜度): what of it is only on this
 * device, when this device last heard the server, and who else may have written to it since.
 */

import type { ChildDoc } from '../case/document.ts';
import { otherHolders } from '../case/moving.ts';
import type { RefusedEntry, SyncStatus } from '../sync/types.ts';
import { DAY_MS } from '../ui/format.ts';

/** A device that listens hears the server every half minute; beyond this it is cut off. */
const LISTENING_MS = 2 * 60_000;

export interface Freshness {
  /** Where this device's own records of the child are. */
  own: 'unknown' | 'onServer' | 'pending' | 'refused';
  refused: RefusedEntry[];
  /** Whole days since this device last heard the server; null: never. */
  silentDays: number | null;
  /** This device hears neither server nor hub, and so no other desk. */
  deaf: boolean;
  /** When it last heard them; null: never. */
  heardAt: string | null;
  /** More than a day without the server, or it was never heard. */
  stale: boolean;
  /** Other sites that hold the child, while what they record is not heard of. */
  elsewhere: string[];
}

export interface Seen {
  status: SyncStatus;
  child: ChildDoc;
  /** The cases that make up the child (合并个案). */
  cases: readonly string[];
  /** The clinic of this device. */
  site: string;
  /** Now by the device. */
  now: string;
}

export function freshnessOf({ status, child, cases, site, now }: Seen): Freshness {
  const ours = ({ id }: { id: string }) => cases.includes(id);
  const refused = status.refused.filter(ours);
  const { lastHeard, phase } = status;
  // A clock that was set back since makes it no fresher.
  const silent = lastHeard === null ? null : Math.abs(Date.parse(now) - Date.parse(lastHeard));
  const cutOff =
    silent === null || silent > LISTENING_MS || ['offline', 'stalled', 'error'].includes(phase);
  const own = refused.length
    ? 'refused'
    : !status.counted
      ? 'unknown'
      : status.pending.some(ours)
        ? 'pending'
        : 'onServer';
  return {
    own,
    refused,
    silentDays: silent === null ? null : Math.floor(silent / DAY_MS),
    deaf: cutOff,
    heardAt: lastHeard,
    stale: silent === null || silent > DAY_MS,
    elsewhere: cutOff ? otherHolders(child, site) : [],
  };
}
