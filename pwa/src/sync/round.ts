/**
 * One round of sync (一轮同步): meets the server, then the catalog, push and pull, and a word to the
 * county of how this device stands.
 */
import { localDate } from '../clock/clock.ts';
import { pathOf } from '../ids/place.ts';
import type { Board } from './board.ts';
import { tend } from './denials.ts';
import { asSyncFault, type EngineOptions } from './options.ts';
import { createPuller, type Puller } from './pull.ts';
import { compare, type PushOptions, push } from './push.ts';
import { SyncFault } from './server.ts';

/** What the first child needs beside itself: small, and there before any other. */
const FIRST = ['settings:', 'numbers:'];
/** What a dose needs, before all the children are here. The rest comes as the feed has it. */
const SECOND = ['stock:'];

/** The server as it was last met, `_local/server`. */
interface KnownServer {
  generation: string | null;
  /** The generation of the clinic's database there. */
  database?: string | null;
  /** The run of its process; absent where it was met before servers named it. */
  run?: string | null;
}

export interface Rounds {
  puller: Puller;
  /** A whole round. Throws what breaks it. */
  round(signal: AbortSignal): Promise<void>;
  /** Sends all that waits; what is refused is taken apart. */
  pushAll(signal: AbortSignal): Promise<void>;
  /** What is refused of a document is asked for again in the next push. */
  askAgain(id: string): void;
  /** The server was set up anew on purpose: all is compared with it from the beginning. */
  adopt(): Promise<void>;
}

interface Parts {
  options: EngineOptions;
  board: Board;
  remote: string;
  puller: Puller;
  catalogPuller: Puller;
  pushing: PushOptions & Parameters<typeof tend>[0];
}

/** Who the server is, and whom it knows. Throws when either is not whom this device expects. */
async function greet({ options, board, remote }: Parts, signal: AbortSignal) {
  const { server, store, clock, session } = options;
  const sent = clock.device();
  const time = await server.json<{ now: string; generation: string; run?: string }>('/api/time', {
    signal,
  });
  const received = clock.device();
  if (typeof time?.now !== 'string' || typeof time.generation !== 'string') {
    throw new SyncFault('server', 'The server did not tell its time.', 200);
  }
  clock.measured(time.now, sent, received);
  board.heard();
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
  // A server that was started anew may have learnt to take what it refused before; so may, from one
  // day to the next, one that was waiting for what another clinic has to bring.
  const asker = JSON.stringify([run, clock.today(), session.name, [...userCtx.roles].sort()]);
  return { asker, known, met: { generation, run, database } satisfies KnownServer };
}

/** Notes the server that was met; one that has stopped since is compared with first. */
async function settleWith(
  { options: { store }, puller, catalogPuller, pushing }: Parts,
  known: KnownServer,
  met: KnownServer,
  signal: AbortSignal,
): Promise<void> {
  const isFirst = known.generation === null;
  const isSameRun = (known.run ?? null) === met.run;
  if (!isFirst && isSameRun && known.database) return;
  if (!isFirst && !isSameRun) {
    // It has stopped since. Perhaps its disk was lost and a backup took its place, which knows less
    // than it has told us: it gets back what it lacks.
    await compare(pushing, signal);
    await puller.compare(signal);
    await catalogPuller.compare(signal);
  }
  await store.setLocal('server', met);
}

/** Numbers and the report. What of them is refused is returned: the data is safe. */
async function doDuties(duties: readonly (() => Promise<void>)[]): Promise<SyncFault | null> {
  let minor: SyncFault | null = null;
  for (const duty of duties) {
    try {
      await duty();
    } catch (error) {
      minor = asSyncFault(error);
      if (minor.kind !== 'refused') throw minor;
    }
  }
  return minor;
}

export function createRounds(options: EngineOptions, board: Board): Rounds {
  const { store, catalog, outbox, server, clock, place } = options;
  const { set, lists, heard } = board;
  const remote = pathOf(place);
  /** The server's process and the account with which it is spoken to. */
  let asker = '';
  /** Documents of which a person wants the denials tried again. */
  const again = new Set<string>();

  const puller = createPuller({
    store,
    server,
    remote,
    heard,
    accepted: (filled) => outbox.received(filled),
    progress: (progress) => set({ progress }),
  });
  const catalogPuller = createPuller({ store: catalog, server, remote: '/db/catalog', heard });
  const { ulid, report } = options;
  const pushing = {
    ...{ store, outbox, server, remote, ulid, report, heard },
    instant: clock.instant,
    measured: () => ({
      station: options.station,
      now: clock.now(),
      offset: clock.offset() ?? 0,
      dateOf: localDate,
    }),
    asker: () => asker,
  };
  const parts: Parts = { options, board, remote, puller, catalogPuller, pushing };

  const pushAll = async (signal: AbortSignal) => {
    const pending = await outbox.scan();
    set(lists());
    try {
      if (pending.length > 0) await push(pushing, signal);
      for (const id of again) await outbox.askAgain(id);
      again.clear();
      // What was reported is sent at once.
      while (await tend(pushing, signal)) await push(pushing, signal);
    } finally {
      set(lists());
    }
  };
  const ranges = async (prefixes: readonly string[], signal: AbortSignal) => {
    for (const prefix of prefixes) await puller.range(prefix, signal);
  };

  return {
    puller,
    pushAll,
    askAgain: (id) => void again.add(id),
    async adopt() {
      await puller.restart();
      await catalogPuller.restart();
      await outbox.again();
      // Last: broken off before, the person is asked again.
      await store.setLocal('server', { generation: null });
    },
    async round(signal) {
      const { complete } = await puller.place();
      const phase = (usual: 'pulling' | 'pushing') =>
        set({ phase: complete ? usual : 'first-load' });
      set({ complete });
      phase('pulling');
      const { known, met, ...found } = await greet(parts, signal);
      asker = found.asker;
      await settleWith(parts, known, met, signal);
      // An empty tablet shows its first child as soon as both are here.
      await Promise.all([catalogPuller.run(signal), complete || ranges(FIRST, signal)]);
      phase('pushing');
      await pushAll(signal);
      phase('pulling');
      if (!complete) await ranges(SECOND, signal);
      await puller.run(signal, complete ? undefined : () => pushAll(signal));
      set({ complete: true });
      await pushAll(signal);
      const syncedAt = clock.instant();
      const minor = await doDuties([
        async () => {
          await options.chores?.(signal);
          await pushAll(signal);
        },
        () => {
          const [pending, refused] = [outbox.pending().length, board.denials()];
          return options.heartbeat({ syncedAt, pending, refused }, signal);
        },
      ]);
      // What was recorded meanwhile: who closes the day must see it.
      await outbox.scan();
      const problem = minor && { kind: minor.kind, detail: minor.message, retryAt: null };
      set({ ...lists(), phase: 'idle', syncedAt, problem });
    },
  };
}
