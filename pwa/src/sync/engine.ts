/**
 * The engine of sync (同步): a round (`round.ts`), then live until something breaks (`live.ts`), then
 * rounds again, each later than the last. Only one tab of a device syncs (`tabs.ts`); the others follow
 * what it tells.
 */
import { type Alarm, createAlarm } from './alarm.ts';
import { type Board, createBoard } from './board.ts';
import { live } from './live.ts';
import { asSyncFault, type EngineOptions } from './options.ts';
import type { Puller } from './pull.ts';
import { createRounds, type Rounds } from './round.ts';
import type { FaultKind } from './server.ts';
import { createTabs, type Leader } from './tabs.ts';
import type { Phase, SyncStatus } from './types.ts';

export type { DeviceReport, EngineOptions } from './options.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

export interface Engine {
  status(): SyncStatus;
  start(): void;
  /** A whole round now; resolves when it has ended, well or badly. */
  syncNow(): Promise<void>;
  puller: Puller;
  /** Sends what is refused of a document again: a person has mended the cause. */
  retry(id: string): void;
  /** A person says that the server was set up anew on purpose: everything is compared again. */
  adoptServer(): Promise<void>;
  stop(): Promise<void>;
}

const PHASES: Readonly<Partial<Record<FaultKind, Phase>>> = {
  connectivity: 'offline',
  server: 'stalled',
};

/**
 * How long to wait after so many failures in a row, in ms; null: until a person has acted. What does not
 * pass by itself within seconds is tried seldom: a storage that fails may have room again.
 */
function pauseAfter(kind: FaultKind, failures: number, firstMs: number, random: number) {
  if (kind === 'recreated') return null;
  if (kind !== 'connectivity' && kind !== 'server') return LONGEST_DELAY_MS;
  return Math.min(firstMs * 2 ** failures, LONGEST_DELAY_MS) * (0.75 + random / 2);
}

function leaderOf({ store }: EngineOptions, board: Board, rounds: Rounds, alarm: Alarm): Leader {
  return {
    kick: alarm.kick,
    status: board.status,
    report: store.report,
    retry(id) {
      rounds.askAgain(id);
      alarm.kick();
    },
    async adopt() {
      await rounds.adopt();
      alarm.kick();
    },
  };
}

/** What is shown of an engine that has ended by itself. */
function brokenBy(error: unknown): Pick<SyncStatus, 'phase' | 'problem'> {
  const { kind, message } = asSyncFault(error);
  return { phase: 'error', problem: { kind, detail: message, retryAt: null } };
}

/** Does another tab wait to sync? */
async function contended(locks: LockManager | null, lockName: string): Promise<boolean> {
  const { pending = [] } = (await locks?.query?.()) ?? {};
  return pending.some(({ name }) => name === lockName);
}

export function createEngine(options: EngineOptions): Engine {
  const { store, outbox, place, session, locks = null, channel = null } = options;
  const { random = Math.random, firstDelayMs = FIRST_DELAY_MS } = options;
  let stopped = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const alarm = createAlarm();
  const board = createBoard(options, (status) => {
    options.changed(status);
    tabs.tell(status);
  });
  const rounds = createRounds(options, board);
  const tabs = createTabs(channel, leaderOf(options, board, rounds, alarm), board.set);

  const lockName = `miaopu-sync-${place.code}`;
  /** Shows what broke, and waits. False: another tab is to sync. */
  const recover = async (error: unknown, failures: number, ended: () => void) => {
    const { kind, message } = asSyncFault(error);
    const wait = pauseAfter(kind, failures, firstDelayMs, random());
    const retryAt = wait === null ? null : new Date(options.clock.now() + wait).toISOString();
    board.set({
      ...board.lists(),
      phase: PHASES[kind] ?? 'error',
      problem: { kind, detail: message, retryAt },
    });
    if (kind === 'unauthorised') session.lost();
    ended();
    // Perhaps somebody else is logged in in another tab.
    if (kind === 'unauthorised' && (await contended(locks, lockName))) return false;
    await alarm.sleep(wait, stopped.signal);
    return true;
  };
  const lead = async (signal: AbortSignal) => {
    tabs.setLeading(true);
    let failures = 0;
    try {
      await outbox.load();
      await outbox.scan();
      board.set(board.lists());
      while (!signal.aborted) {
        // Who asks while it runs gets the next one: this one may not see what they have written.
        const ended = tabs.asked();
        try {
          alarm.heed();
          await rounds.round(signal);
          failures = 0;
          ended();
          await live({ ...rounds, store, outbox, board, alarm }, signal);
        } catch (error) {
          if (signal.aborted || !(await recover(error, failures++, ended))) return;
        }
      }
    } finally {
      tabs.setLeading(false);
    }
  };
  /** Leads whenever no other tab does, until it is stopped. */
  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      if (locks) await locks.request(lockName, { signal }, () => lead(signal));
      else await lead(signal);
    }
  };
  /** What is pending shows at once, also while the server is away. */
  const unfollow = store.onChange((filled) => {
    if (tabs.leading() && !filled) outbox.scan().then(() => board.set(board.lists()), store.report);
  });

  return {
    status: board.status,
    puller: rounds.puller,
    start() {
      stopped = new AbortController();
      const { signal } = stopped;
      running = run(signal);
      running.catch((error: unknown) => {
        if (!signal.aborted) board.set(brokenBy(error));
      });
      tabs.hello();
    },
    syncNow: () => tabs.ask(options.ulid()),
    retry: tabs.retry,
    adoptServer: tabs.adopt,
    async stop() {
      unfollow();
      stopped.abort();
      alarm.kick();
      await running.catch(() => {}); // told when it happened
      tabs.close();
    },
  };
}
