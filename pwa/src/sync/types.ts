/** What the screen is told about the sync (同步状态). */
import type { FaultKind } from './server.ts';

export type Phase =
  /** All is on the server that this device knows of, and it listens. */
  | 'idle'
  | 'first-load'
  | 'pulling'
  | 'pushing'
  /** The server cannot be reached; work goes on. */
  | 'offline'
  /** It answers, but fails or talks nonsense; tried again after a while. */
  | 'stalled'
  /** A person is needed: see the problem. */
  | 'error';

/** A local write that the server has not named yet (待上传). */
export interface PendingEntry {
  id: string;
  rev: string;
  type: string;
  /** For a child: its name, to be shown only to who is logged in. */
  childName: string | null;
}

/** A local write that the server refused (上传被拒); kept, and reported to the manager. */
export interface RefusedEntry {
  id: string;
  rev: string;
  /** What of a child, `event <ULID>` or `fact <field> <at>`; null: all of the document. */
  part: string | null;
  /** The kind of the event or the name of the field; null with `part`. */
  subject: string | null;
  /** The ULID under which it is reported (`problem:<ULID>`). */
  problem: string;
  /** Why, in the server's words. */
  reason: string;
  at: string;
  childName: string | null;
}

export interface SyncProblem {
  kind: FaultKind;
  /** For the curious; the message of the screen goes by `kind`. Holds no child's data. */
  detail: string;
  /** When it is tried again; null when a person must act first. */
  retryAt: string | null;
}

export interface SyncStatus {
  phase: Phase;
  progress: { done: number; total: number };
  /** All of the clinic's documents were loaded once. Before that, search also asks the server. */
  complete: boolean;
  /** The outbox was read: before that, `pending` and `refused` say nothing. */
  counted: boolean;
  pending: PendingEntry[];
  refused: RefusedEntry[];
  /** When the server was last heard, by the device's clock. */
  lastHeard: string | null;
  /** End of the last complete round, by the server's clock. */
  syncedAt: string | null;
  problem: SyncProblem | null;
}

export const INITIAL_STATUS: SyncStatus = {
  phase: 'offline',
  progress: { done: 0, total: 0 },
  complete: false,
  counted: false,
  pending: [],
  refused: [],
  lastHeard: null,
  syncedAt: null,
  problem: null,
};

/** The day's close-out (日结). */
export interface DayClose {
  /** Everything of this device is on the server. */
  closed: boolean;
  at: string;
  pending: PendingEntry[];
  refused: RefusedEntry[];
}
