/** What the sync is put together from. */
import type { Clock } from '../clock/clock.ts';
import type { Place } from '../ids/place.ts';
import { Fault } from '../storage/fault.ts';
import type { Channel, Store } from '../storage/store.ts';
import type { Denial, Outbox } from './outbox.ts';
import { type Server, SyncFault } from './server.ts';
import type { SyncStatus } from './types.ts';

export interface DeviceReport {
  syncedAt: string;
  pending: number;
  refused: number;
}

export interface EngineOptions {
  store: Store;
  catalog: Store;
  outbox: Outbox;
  server: Server;
  clock: Clock;
  /** Whose database is synced. */
  place: Place;
  /** This device, as it stands in what it records. */
  station: string;
  ulid: () => string;
  /** The account that must be logged in. */
  session: {
    name: string;
    /** The server was met, whoever it knows: who is out of this device's accounts? */
    contact?(signal: AbortSignal): Promise<void>;
    /** The server knows the account, with these roles. */
    confirmed(roles: string[]): void;
    /** It does not: a password is needed. */
    lost(): void;
  };
  /** The name of a child, for lists of what is pending. */
  childName: (id: string) => string | null;
  /**
   * Reports denials as `problem:` documents, and what is settled of them; true when it has written.
   */
  report: (refused: readonly Denial[], settled: readonly Denial[]) => Promise<boolean>;
  /** Tells the county how this device stands. */
  heartbeat: (report: DeviceReport, signal: AbortSignal) => Promise<void>;
  /** Work of a round that needs the server and that nothing waits for: reserved numbers. */
  chores?: (signal: AbortSignal) => Promise<void>;
  changed: (status: SyncStatus) => void;
  channel?: Channel | null;
  /** `navigator.locks`; without it this tab syncs alone. */
  locks?: LockManager | null;
  random?: () => number;
  /** Shortened by tests. */
  firstDelayMs?: number;
}

export function asSyncFault(error: unknown): SyncFault {
  if (error instanceof SyncFault) return error;
  const kind = error instanceof Fault ? 'storage' : 'server';
  const text = error instanceof Error ? error.message : String(error);
  return new SyncFault(kind, text.slice(0, 300), null, error);
}
