/**
 * The rounds of sync (同步): the catalog, then push, pull, and a word to the county of how this
 * device stands; then live until something breaks; then rounds again, each later than the last.
 * Only one tab of a device syncs; the others follow what it tells.
 */
import type { Clock } from '../clock/clock.ts';
import { Fault } from '../storage/fault.ts';
import type { Channel, Store } from '../storage/store.ts';
import type { Leaf, Outbox, Refusal } from './outbox.ts';
import { createPuller, type Puller } from './pull.ts';
import { compare, push, settled } from './push.ts';
import { type FaultKind, type Server, SyncFault } from './server.ts';
import { INITIAL_STATUS, type Phase, type SyncStatus } from './types.ts';

/** How long the live phase lasts before the next whole round. */
const LIVE_MS = 5 * 60_000;
const LONGPOLL_MS = 25_000;
const DEBOUNCE_MS = 250;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

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
  site: string;
  ulid: () => string;
  /** The account that must be logged in; told the roles that the server names. */
  session: { name: string; confirmed(roles: string[]): void; lost(): void };
  /** The name of a child, for lists of what is pending. */
  childName: (id: string) => string | null;
  /** Reports refusals as `problem:` documents, and what was mended. */
  report: (refused: readonly Refusal[], mended: readonly Leaf[]) => Promise<void>;
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

export interface Engine {
  status(): SyncStatus;
  start(): void;
  /** A whole round now; resolves when it has ended, well or badly. */
  syncNow(): Promise<void>;
  puller: Puller;
  /** Sends refused writes again: a person has mended the cause. */
  retry(leaves: readonly Leaf[]): Promise<void>;
  /** A person says that the server was set up anew on purpose: everything is compared again. */
  adoptServer(): Promise<void>;
  stop(): Promise<void>;
}

type Message =
  | { type: 'status'; status: SyncStatus }
  | { type: 'kick' | 'hello' | 'round' | 'adopt' }
  | { type: 'retry'; leaves: Leaf[] };

/** Does a person have to act before it is worth trying again? */
const FATAL: ReadonlySet<FaultKind> = new Set(['storage', 'recreated']);

/** The server as it was last met, `_local/server`. */
interface KnownServer {
  generation: string | null;
  /** The run of its process; absent where it was met before servers named it. */
  run?: string | null;
}

function asSyncFault(error: unknown): SyncFault {
  if (error instanceof SyncFault) return error;
  const kind = error instanceof Fault ? 'storage' : 'server';
  const text = error instanceof Error ? error.message : String(error);
  return new SyncFault(kind, text.slice(0, 300), null, error);
}

export function createEngine(options: EngineOptions): Engine {
  const { store, catalog, outbox, server, clock, site, session, channel = null } = options;
  const random = options.random ?? Math.random;
  const remote = `/db/site-${site}`;
  let status: SyncStatus = INITIAL_STATUS;
  let leading = false;
  let stopped = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  /** Wakes whoever sleeps between rounds, or ends the live phase. */
  let wake: () => void = () => {};
  let kicked = false;
  const roundEnds = new Set<() => void>();

  const post = (message: Message) => channel?.postMessage(message);
  const set = (patch: Partial<SyncStatus>) => {
    status = { ...status, ...patch };
    options.changed(status);
    if (leading) post({ type: 'status', status });
  };
  const lists = () => ({
    pending: outbox.pending().map(({ id, rev }) => ({
      id,
      rev,
      type: id.slice(0, id.indexOf(':')),
      childName: options.childName(id),
    })),
    refused: outbox.refused().map(({ id, rev, reason, at }) => ({
      id,
      rev,
      reason,
      at,
      childName: options.childName(id),
    })),
  });
  const heard = () => {
    // A feed tells many times a second; the screen needs it once.
    const now = clock.instant();
    if (status.lastHeard === null || Date.parse(now) - Date.parse(status.lastHeard) > 1000) {
      set({ lastHeard: now });
    }
  };
  const kick = () => {
    kicked = true;
    wake();
  };

  const puller = createPuller({
    store,
    server,
    remote,
    heard,
    accepted: (filled) => outbox.received(filled),
    progress: (progress) => set({ progress }),
  });
  const catalogPuller = createPuller({ store: catalog, server, remote: '/db/catalog', heard });
  const pushOptions = {
    store,
    outbox,
    server,
    remote,
    instant: clock.instant,
    ulid: options.ulid,
    heard,
  };

  const greet = async (signal: AbortSignal) => {
    const sent = Date.parse(clock.instant());
    const time = await server.json<{ now: string; generation: string; run?: string }>('/api/time', {
      signal,
    });
    const received = Date.parse(clock.instant());
    if (typeof time?.now !== 'string' || typeof time.generation !== 'string') {
      throw new SyncFault('server', 'The server did not tell its time.', 200);
    }
    clock.measured(time.now, sent, received);
    heard();
    const { generation, run = null } = time;
    const known = await store.local<KnownServer>('server', { generation: null });
    if (known.generation === null) await store.setLocal('server', { generation, run });
    else if (known.generation !== generation) {
      throw new SyncFault('recreated', 'The server is not the one that this device knows.');
    }
    const { userCtx } = await server.json<{ userCtx: { name: string | null; roles: string[] } }>(
      '/db/_session',
      { signal },
    );
    if (userCtx?.name !== session.name) {
      throw new SyncFault('unauthorised', 'Nobody is logged in at the server.', 401);
    }
    session.confirmed(userCtx.roles);
    if (known.generation === null || (known.run ?? null) === run) return;
    // It has stopped since. Perhaps its disk was lost and a backup took its place, which knows less
    // than it has told us: it gets back what it lacks.
    await compare(pushOptions, signal);
    await puller.compare(signal);
    await catalogPuller.compare(signal);
    await store.setLocal('server', { generation, run });
  };

  const pushAll = async (signal: AbortSignal) => {
    const pending = await outbox.scan();
    set(lists());
    if (pending.length === 0) return;
    try {
      await push(pushOptions, signal);
    } finally {
      set(lists());
    }
  };
  const tend = async (signal: AbortSignal) => {
    const mended = await settled(pushOptions, signal);
    const { length } = outbox.refused();
    if (length === 0) return;
    await options.report(outbox.refused(), mended);
    await outbox.release(mended);
    await pushAll(signal);
  };

  const round = async (signal: AbortSignal) => {
    const { complete } = await puller.place();
    set({ phase: complete ? 'pulling' : 'first-load', complete });
    await greet(signal);
    await catalogPuller.run(signal);
    if (!complete) await puller.small(signal);
    set({ phase: complete ? 'pushing' : 'first-load' });
    await pushAll(signal);
    await tend(signal);
    set({ phase: complete ? 'pulling' : 'first-load' });
    await puller.run(signal, complete ? undefined : () => pushAll(signal));
    set({ complete: true });
    await pushAll(signal);
    const syncedAt = clock.serverInstant();
    let minor: SyncFault | null = null;
    for (const duty of [
      async () => {
        await options.chores?.(signal);
        await pushAll(signal);
      },
      () =>
        options.heartbeat(
          { syncedAt, pending: outbox.pending().length, refused: outbox.refused().length },
          signal,
        ),
    ]) {
      try {
        await duty();
      } catch (error) {
        // Numbers or the report were refused: the data is safe, so it is shown and not fatal.
        minor = asSyncFault(error);
        if (minor.kind !== 'refused') throw minor;
      }
    }
    set({
      ...lists(),
      phase: 'idle',
      syncedAt,
      problem: minor && { kind: minor.kind, detail: minor.message, retryAt: null },
    });
  };

  /** Listens and pushes until something breaks, it is time for a round, or somebody asks. */
  const live = async (outer: AbortSignal) => {
    const end = new AbortController();
    const stop = () => end.abort();
    outer.addEventListener('abort', stop);
    const timer = setTimeout(stop, LIVE_MS);
    wake = stop;
    let debounce: ReturnType<typeof setTimeout> | undefined;
    let pushing: Promise<void> = Promise.resolve();
    let failure: unknown = null;
    const fail = (error: unknown) => {
      if (!end.signal.aborted) failure = error;
      stop();
    };
    const unfollow = store.onChange((filled) => {
      if (filled) return;
      clearTimeout(debounce);
      debounce = setTimeout(() => {
        pushing = pushing
          .then(() => pushAll(end.signal))
          .then(() => tend(end.signal))
          .catch(fail);
      }, DEBOUNCE_MS);
    });
    try {
      if (kicked) stop();
      // What was written while the round ended.
      await pushAll(end.signal);
      while (!end.signal.aborted) {
        await puller.wait(end.signal, LONGPOLL_MS);
        heard();
      }
    } catch (error) {
      fail(error);
    } finally {
      clearTimeout(timer);
      clearTimeout(debounce);
      unfollow();
      outer.removeEventListener('abort', stop);
      wake = () => {};
      stop();
      await pushing;
    }
    if (failure) throw failure;
  };

  const sleep = (ms: number | null, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (kicked || signal.aborted) return resolve();
      const timer = ms === null ? undefined : setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        wake = () => {};
        resolve();
      }
      signal.addEventListener('abort', done);
      wake = done;
    });

  const roundEnded = () => {
    for (const resolve of roundEnds) resolve();
    roundEnds.clear();
    post({ type: 'round' });
  };

  const lead = async (signal: AbortSignal) => {
    leading = true;
    let failures = 0;
    try {
      await outbox.load();
      await outbox.scan();
      set(lists());
      while (!signal.aborted) {
        try {
          kicked = false;
          await round(signal);
          failures = 0;
          roundEnded();
          await live(signal);
        } catch (error) {
          if (signal.aborted) return;
          const fault = asSyncFault(error);
          const delay = Math.min(
            (options.firstDelayMs ?? FIRST_DELAY_MS) * 2 ** failures,
            LONGEST_DELAY_MS,
          );
          const wait = FATAL.has(fault.kind)
            ? null
            : fault.kind === 'unauthorised' || fault.kind === 'refused'
              ? LONGEST_DELAY_MS
              : delay * (0.75 + random() / 2);
          failures++;
          const phase: Phase =
            fault.kind === 'connectivity'
              ? 'offline'
              : fault.kind === 'server'
                ? 'stalled'
                : 'error';
          set({
            ...lists(),
            phase,
            problem: {
              kind: fault.kind,
              detail: fault.message,
              retryAt: wait === null ? null : new Date(Date.now() + wait).toISOString(),
            },
          });
          if (fault.kind === 'unauthorised') session.lost();
          roundEnded();
          await sleep(wait, signal);
        }
      }
    } finally {
      leading = false;
    }
  };

  const retry = async (leaves: readonly Leaf[]) => {
    await outbox.release(leaves);
    await outbox.again();
    kick();
  };
  const adopt = async () => {
    await store.setLocal('server', { generation: null });
    await puller.restart();
    await catalogPuller.restart();
    await outbox.again();
    kick();
  };

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!leading) {
        if (data.type === 'status') {
          status = data.status;
          options.changed(status);
        } else if (data.type === 'round') {
          for (const resolve of roundEnds) resolve();
          roundEnds.clear();
        }
      } else if (data.type === 'kick') kick();
      else if (data.type === 'hello') post({ type: 'status', status });
      else if (data.type === 'retry') retry(data.leaves).catch(store.report);
      else if (data.type === 'adopt') adopt().catch(store.report);
    };
  }
  /** What is pending shows at once, also while the server is away. */
  const unfollow = store.onChange((filled) => {
    if (leading && !filled) outbox.scan().then(() => set(lists()), store.report);
  });

  return {
    status: () => status,
    puller,
    start() {
      stopped = new AbortController();
      const { signal } = stopped;
      const locks = options.locks ?? null;
      running = locks
        ? locks
            .request(`miaopu-sync-${site}`, { signal }, () => lead(signal))
            .catch((error) => {
              if (!signal.aborted) throw error;
            })
        : lead(signal);
      running.catch((error: unknown) => {
        const fault = asSyncFault(error);
        set({
          phase: 'error',
          problem: { kind: fault.kind, detail: fault.message, retryAt: null },
        });
      });
      post({ type: 'hello' });
    },
    syncNow() {
      const ended = new Promise<void>((resolve) => roundEnds.add(resolve));
      if (leading) kick();
      else post({ type: 'kick' });
      return ended;
    },
    async retry(leaves) {
      if (leading) await retry(leaves);
      else post({ type: 'retry', leaves: [...leaves] });
    },
    async adoptServer() {
      if (leading) await adopt();
      else post({ type: 'adopt' });
    },
    async stop() {
      unfollow();
      stopped.abort();
      wake();
      await running.catch(() => {}); // told when it happened
      channel?.close();
    },
  };
}
