/** Is the browser's storage safe, large enough and still there? (本机存储) */
import { type ShallowRef, shallowRef } from 'vue';
import type { Fault } from './fault.ts';
import type { Keep } from './keep.ts';
import { keepReserve, releaseReserve } from './reserve.ts';

export interface StorageHealth {
  /**
   * `low`: less than a tenth is free, or the reserve cannot be kept; `full`: a write failed for want of
   * room, new work stops; `damaged`: the database cannot be read or written.
   */
  state: 'ok' | 'low' | 'full' | 'damaged';
  /** The browser has promised not to evict the data; null when it was not asked yet. */
  persisted: boolean | null;
  /** Bytes in use and allowed, as far as the browser tells. */
  usage: number | null;
  quota: number | null;
  /** Documents that were here are gone: how many there were, and how many not on the server. */
  lost: Marker | null;
}

const UNKNOWN: StorageHealth = {
  state: 'ok',
  persisted: null,
  usage: null,
  quota: null,
  lost: null,
};

/** What was in a database when it was last seen well; kept apart from it. */
export interface Marker {
  documents: number;
  pending: number;
}

const markerKey = (name: string) => `miaopu.database.${name}`;

export function readMarker(keep: Keep, name: string): Marker | null {
  const text = keep.getItem(markerKey(name));
  if (text === null) return null;
  const [documents, pending] = text.split(' ').map(Number);
  return Number.isFinite(documents) && Number.isFinite(pending)
    ? { documents: documents as number, pending: pending as number }
    : null;
}

export function writeMarker(keep: Keep, name: string, { documents, pending }: Marker): void {
  keep.setItem(markerKey(name), `${documents} ${pending}`);
}

/**
 * Has the browser lost documents? Nothing is ever deleted here but by the server's word, so a
 * database with clearly fewer documents than were seen in it is not the one that it was.
 */
export function isLost(marker: Marker | null, documents: number): boolean {
  return marker !== null && documents < marker.documents * 0.95 - 1;
}

/** What a database had when its loss was noticed. It is said until a person has taken note of it. */
export interface Loss extends Marker {
  /** When it was noticed, by the device's clock. */
  at: string;
  /** The clinic's report of it is in the outbox. */
  reported: boolean;
}

const lossKey = (name: string) => `miaopu.lost.${name}`;

export function readLoss(keep: Keep, name: string): Loss | null {
  const text = keep.getItem(lossKey(name));
  return text ? (JSON.parse(text) as Loss) : null;
}

/** Null: a person has taken note. */
export function writeLoss(keep: Keep, name: string, loss: Loss | null): void {
  keep.setItem(lossKey(name), loss ? JSON.stringify(loss) : '');
}

const health = shallowRef<StorageHealth>(UNKNOWN);

/** The storage of this device, for the banner and the settings. */
export function useStorageHealth(): Readonly<ShallowRef<StorageHealth>> {
  return health;
}

export function setHealth(patch: Partial<StorageHealth>): void {
  health.value = { ...health.value, ...patch };
}

/** Takes a fault of the storage into account. */
export function noteFault(fault: Fault): void {
  if (fault.code === 'StorageFull') {
    setHealth({ state: 'full' });
    void releaseReserve();
  } else if (fault.code === 'StorageDamaged') setHealth({ state: 'damaged' });
}

/** Something was written: a storage that was full has room again, one that failed works. */
export function noteWritten(): void {
  const { state } = health.value;
  if (state === 'full' || state === 'damaged') {
    setHealth({ state: 'low' });
    void checkStorage();
  }
}

/** Asks the browser to keep the data, and how much room there is. Never throws. */
export async function checkStorage(): Promise<StorageHealth> {
  const { storage } = navigator;
  if (!storage?.estimate) return health.value;
  const persisted = (await storage.persisted?.()) || (await storage.persist?.()) || false;
  const { usage = null, quota = null } = await storage.estimate();
  const scarce = usage !== null && quota !== null && usage > quota * 0.9;
  const low = scarce || !(await keepReserve());
  const { state } = health.value;
  // What failed is well when something was written again, and not before.
  const failed = state === 'damaged' || state === 'full';
  setHealth({ persisted, usage, quota, state: failed ? state : low ? 'low' : 'ok' });
  return health.value;
}
