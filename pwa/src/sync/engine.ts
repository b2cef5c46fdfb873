/**
 * The rounds of sync (同步): the catalog, then push, pull, and a word to the county of how this
 * device stands; then live until something breaks; then rounds again, each later than the last.
 * Only one tab of a device syncs; the others follow what it tells.
 */
import type { Clock } from '../clock/clock.ts';
import { Fault } from '../storage/fault.ts';
import type { Channel, Store } from '../storage/store.ts';
import type { Outbox, Refusal } from './outbox.ts';
import { createPuller, type Puller } from './pull.ts';
import { compare, push } from './push.ts';
import { tend } from './refusals.ts';
import { type Server, SyncFault } from './server.ts';
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
   * Reports refusals as `problem:` documents, and what is settled of them; true when it has written.
   */
  report: (refused: readonly Refusal[], settled: readonly Refusal[]) => Promise<boolean>;
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
  /** Sends what is refused of a document again: a person has mended the cause. */
  retry(id: string): void;
  /** A person says that the server was set up anew on purpose: everything is compared again. */
  adoptServer(): Promise<void>;
  stop(): Promise<void>;
}

type Message =
  | { type: 'status'; status: SyncStatus }
  | { type: 'hello' | 'adopt' }
  /** Another tab asks for a round, and is told of its end by the same token. */
  | { type: 'kick' | 'round'; token: string }
  | { type: 'retry'; id: string };

/** Does a person have to act before it is worth trying again? A storage that fails may work again. */
function isFatal({ kind }: SyncFault): boolean {
  return kind === 'recreated';
}

/** The server as it was last met, `_local/server`. */
interface KnownServer {
  generation: string | null;
  /** The generation of the clinic's database there. */
  database?: string | null;
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
  /** Documents of which a person wants the refusals tried again. */
  const again = new Set<string>();
  /** The server's process and the account with which it is spoken to. */
  let asker = '';
  /** Who waits for the end of a round that is yet to begin, by token. */
  const waiting = new Map<string, () => void>();

  const post = (message: Message) => channel?.postMessage(message);
  const set = (patch: Partial<SyncStatus>) => {
    status = { ...status, ...patch };
    options.changed(status);
    if (leading) post({ type: 'status', status });
  };
  const standing = () => outbox.refused().filter(({ withdrawn }) => !withdrawn);
  const lists = () => ({
    counted: true,
    pending: outbox.pending().map(({ id, rev }) => ({
      id,
      rev,
      type: id.slice(0, id.indexOf(':')),
      childName: options.childName(id),
    })),
    refused: standing().map(({ asked, withdrawn, ...entry }) => ({
      ...entry,
      childName: options.childName(entry.id),
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
    asker: () => asker,
    report: options.report,
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
    if (known.generation !== null && known.generation !== generation) {
      throw new SyncFault('recreated', 'The server is not the one that this device knows.');
    }
    await session.contact?.(signal);
    const { userCtx } = await server.json<{ userCtx: { name: string | null; roles: string[] } }>(
      '/db/_session',
      { signal },
    );
    if (userCtx?.name !== session.name) {
      throw new SyncFault('unauthorised', 'Nobody is logged in at the server.', 401);
    }
    // A server that was started anew may have learnt to take what it refused before; so may, from one
    // day to the next, one that was waiting for what another clinic has to bring.
    asker = JSON.stringify([run, clock.today(), session.name, [...userCtx.roles].sort()]);
    session.confirmed(userCtx.roles);
    const carried = await server.json<{ generation?: string }>(`${remote}/_security`, { signal });
    const database = carried?.generation ?? null;
    if (known.database && database === null) {
      // One copy of a cluster may have missed it: that is no other database, and is asked again.
      throw new SyncFault('server', 'The database does not say which one it is.', 200);
    }
    if (known.database && known.database !== database) {
      throw new SyncFault('recreated', 'The database is not the one that this device knows.');
    }
    const met: KnownServer = { generation, run, database };
    const isFirst = known.generation === null;
    if (!isFirst && (known.run ?? null) === run && known.database) return;
    if (isFirst || (known.run ?? null) === run) return store.setLocal('server', met);
    // It has stopped since. Perhaps its disk was lost and a backup took its place, which knows less
    // than it has told us: it gets back what it lacks.
    await compare(pushOptions, signal);
    await puller.compare(signal);
    await catalogPuller.compare(signal);
    await store.setLocal('server', met);
  };

  const pushAll = async (signal: AbortSignal) => {
    const pending = await outbox.scan();
    set(lists());
    try {
      if (pending.length > 0) await push(pushOptions, signal);
      for (const id of again) await outbox.askAgain(id);
      again.clear();
      // What was reported is sent at once.
      while (await tend(pushOptions, signal)) await push(pushOptions, signal);
    } finally {
      set(lists());
    }
  };

  const round = async (signal: AbortSignal) => {
    const { complete } = await puller.place();
    set({ phase: complete ? 'pulling' : 'first-load', complete });
    await greet(signal);
    await catalogPuller.run(signal);
    if (!complete) await puller.small(signal);
    set({ phase: complete ? 'pushing' : 'first-load' });
    await pushAll(signal);
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
          { syncedAt, pending: outbox.pending().length, refused: standing().length },
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
    // What was recorded meanwhile: who closes the day must see it.
    await outbox.scan();
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
    /** One after the other. */
    const send = () => {
      pushing = pushing.then(() => pushAll(end.signal)).catch(fail);
      return pushing;
    };
    const unfollow = store.onChange((filled) => {
      if (filled) return;
      clearTimeout(debounce);
      debounce = setTimeout(() => void send(), DEBOUNCE_MS);
    });
    try {
      // A signal that went off before says nothing to who listens now.
      if (kicked || outer.aborted) stop();
      // What was written while the round ended.
      await send();
      while (!end.signal.aborted) {
        const news = await puller.wait(end.signal, LONGPOLL_MS);
        heard();
        // Perhaps it settles a refusal.
        if (news && outbox.refused().length > 0) void send();
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

  const lead = async (signal: AbortSignal) => {
    leading = true;
    let failures = 0;
    try {
      await outbox.load();
      await outbox.scan();
      set(lists());
      while (!signal.aborted) {
        // Who asks while it runs gets the next one: this one may not see what they have written.
        const asked = [...waiting];
        const roundEnded = () => {
          for (const [token, resolve] of asked) if (waiting.delete(token)) resolve();
        };
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
          const wait = isFatal(fault)
            ? null
            : fault.kind === 'connectivity' || fault.kind === 'server'
              ? delay * (0.75 + random() / 2)
              : LONGEST_DELAY_MS;
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
          // Perhaps somebody else is logged in in another tab.
          if (fault.kind === 'unauthorised' && (await contended())) return;
          await sleep(wait, signal);
        }
      }
    } finally {
      leading = false;
    }
  };

  const lockName = `miaopu-sync-${site}`;
  const locks = options.locks ?? null;
  /** Does another tab wait to sync? */
  const contended = async () => {
    const { pending = [] } = (await locks?.query?.()) ?? {};
    return pending.some(({ name }) => name === lockName);
  };
  /** Leads whenever no other tab does, until it is stopped. */
  const run = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      if (locks) await locks.request(lockName, { signal }, () => lead(signal));
      else await lead(signal);
    }
  };

  const syncNow = (token = options.ulid()) =>
    new Promise<void>((resolve) => {
      waiting.set(token, resolve);
      if (leading) kick();
      else post({ type: 'kick', token });
    });
  const retry = (id: string) => {
    again.add(id);
    kick();
  };
  const adopt = async () => {
    await puller.restart();
    await catalogPuller.restart();
    await outbox.again();
    // Last: broken off before, the person is asked again.
    await store.setLocal('server', { generation: null });
    kick();
  };

  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (!leading) {
        if (data.type === 'status') {
          status = data.status;
          options.changed(status);
        } else if (data.type === 'round') {
          waiting.get(data.token)?.();
          waiting.delete(data.token);
        }
      } else if (data.type === 'kick') {
        const { token } = data;
        waiting.set(token, () => post({ type: 'round', token }));
        kick();
      } else if (data.type === 'hello') {
        post({ type: 'status', status });
        // Who has logged in there is whom the server knows now, for all tabs.
        kick();
      } else if (data.type === 'retry') retry(data.id);
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
      running = run(signal);
      running.catch((error: unknown) => {
        if (signal.aborted) return;
        const fault = asSyncFault(error);
        set({
          phase: 'error',
          problem: { kind: fault.kind, detail: fault.message, retryAt: null },
        });
      });
      post({ type: 'hello' });
    },
    syncNow: () => syncNow(),
    retry(id) {
      if (leading) retry(id);
      else post({ type: 'retry', id });
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
      for (const resolve of waiting.values()) resolve();
      waiting.clear();
      channel?.close();
    },
  };
}
