import { afterEach, describe, expect, it } from 'vitest';
import { createModelServer, type ModelServer, memoryDatabase } from '../../testing/model-server.ts';
import type { ChildDoc } from '../case/document.ts';
import { createClock } from '../clock/clock.ts';
import { clinic } from '../ids/place.ts';
import { createUlid } from '../ids/ulid.ts';
import { createStore } from '../storage/store.ts';
import { createEngine, type Engine } from './engine.ts';
import { createOutbox } from './outbox.ts';
import { createServer } from './server.ts';
import { INITIAL_STATUS, type SyncStatus } from './types.ts';

const SITE = '3301020001';
const ulid = createUlid();
let made = 0;

/** One lock after the other, as `navigator.locks` gives them to the tabs of one browser. */
function createLocks(): LockManager {
  const waiting: { name: string; begin: () => void }[] = [];
  const held = new Set<string>();
  const next = (name: string) => {
    const at = waiting.findIndex((one) => one.name === name);
    if (at < 0) held.delete(name);
    else waiting.splice(at, 1)[0]?.begin();
  };
  return {
    async request(
      name: string,
      { signal }: { signal?: AbortSignal },
      work: () => Promise<unknown>,
    ) {
      if (held.has(name)) {
        await new Promise<void>((resolve, reject) => {
          const entry = { name, begin: resolve };
          waiting.push(entry);
          signal?.addEventListener('abort', () => {
            const at = waiting.indexOf(entry);
            if (at >= 0) waiting.splice(at, 1);
            reject(signal.reason);
          });
        });
      }
      held.add(name);
      try {
        return await work();
      } finally {
        next(name);
      }
    },
    query: async () => ({ held: [], pending: waiting.map(({ name }) => ({ name })) }),
  } as unknown as LockManager;
}

interface Tab {
  engine: Engine;
  store: ReturnType<typeof createStore>;
  status(): SyncStatus;
  until(test: (now: SyncStatus) => boolean): Promise<SyncStatus>;
  lost(): number;
}

const engines: Engine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

/** A device whose tabs share a disk, a channel and locks. */
function device(server: ModelServer) {
  const db = memoryDatabase();
  const catalog = memoryDatabase();
  const name = `tabs-${made++}`;
  const locks = createLocks();
  return (account: string): Tab => {
    let status = INITIAL_STATUS;
    let lost = 0;
    const store = createStore(db, new BroadcastChannel(name));
    const kept = new Map<string, string>();
    const engine = createEngine({
      store,
      catalog: createStore(catalog),
      outbox: createOutbox(store),
      server: createServer('', server.fetch),
      clock: createClock({
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
      }),
      place: clinic(SITE),
      station: '01K9A3Q6Z0000000000000000S',
      ulid,
      session: { name: account, confirmed: () => {}, lost: () => void lost++ },
      childName: () => null,
      report: async () => false,
      heartbeat: async () => {},
      changed: (now) => {
        status = now;
      },
      channel: new BroadcastChannel(`${name}-sync`),
      locks,
      firstDelayMs: 5,
    });
    engines.push(engine);
    engine.start();
    return {
      engine,
      store,
      status: () => status,
      lost: () => lost,
      async until(test) {
        const end = Date.now() + 5000;
        while (!test(status)) {
          if (Date.now() > end) throw new Error(`still ${JSON.stringify(status)}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return status;
      },
    };
  };
}

const childOf = (n: number) =>
  ({
    _id: `child:${String(n).padStart(26, '0')}`,
    type: 'child',
    facts: {},
    events: {},
  }) as ChildDoc;
const there = async (server: ModelServer, n: number) => {
  const { rows } = await (
    server.databases[`site-${SITE}`] as ReturnType<typeof memoryDatabase>
  ).allDocs({ keys: [childOf(n)._id] });
  return rows[0]?.error === undefined;
};

describe('two tabs of one device', () => {
  it('share one sync: what the second records is sent by the first, and told to both', async () => {
    const server = createModelServer(SITE);
    const open = device(server);
    const first = open('nurse');
    await first.until(({ phase }) => phase === 'idle');
    const second = open('nurse');
    await second.engine.syncNow();
    server.calls.length = 0;
    await second.store.put(childOf(1));
    await second.engine.syncNow();
    expect(await there(server, 1)).toBe(true);
    expect(second.status()).toMatchObject({ phase: 'idle', counted: true, pending: [] });
    expect(first.status()).toMatchObject({ phase: 'idle', pending: [] });
    const times = server.calls.filter(({ path }) => path.includes('/_session'));
    expect(times).toHaveLength(1);
  });

  it('claim nothing before they know what is pending', () => {
    const open = device(createModelServer(SITE));
    expect(open('nurse').status()).toMatchObject({ counted: false });
  });

  it('go on when the one that synced is closed', async () => {
    const server = createModelServer(SITE);
    const open = device(server);
    const first = open('nurse');
    await first.until(({ phase }) => phase === 'idle');
    const second = open('nurse');
    await second.until(({ phase }) => phase === 'idle');
    await first.engine.stop();
    await second.store.put(childOf(2));
    await second.until(({ pending }) => pending.length === 0);
    await second.engine.syncNow();
    expect(await there(server, 2)).toBe(true);
  });

  it('do not hold each other up when two nurses are logged in: whom the server knows syncs', async () => {
    const server = createModelServer(SITE);
    server.user = { name: 'nurse1', roles: [`site:${SITE}`] };
    const open = device(server);
    const first = open('nurse1');
    await first.until(({ phase }) => phase === 'idle');
    // A colleague logs in beside her: the browser has one session, which is now his.
    server.user = { name: 'nurse2', roles: [`site:${SITE}`] };
    const second = open('nurse2');
    await first.store.put(childOf(3));
    await second.until(() => first.lost() > 0);
    await second.until(({ phase, pending }) => phase === 'idle' && pending.length === 0);
    expect(await there(server, 3)).toBe(true);
    expect(second.lost()).toBe(0);
  });
});

describe('a round that somebody waits for', () => {
  it('is one that began after the question: it knows what was recorded before', async () => {
    const server = createModelServer(SITE);
    const open = device(server);
    const tab = open('nurse');
    await tab.until(({ phase }) => phase === 'idle');
    // The next round is slow in the end, when it has sent everything.
    let release: () => void = () => {};
    let slow = false;
    server.trouble = async ({ path }) => {
      if (slow && path.includes('/_changes') && path.includes('/catalog/')) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return null;
    };
    slow = true;
    const early = tab.engine.syncNow();
    await tab.until(({ phase }) => phase !== 'idle');
    await tab.store.put(childOf(4));
    let ended = false;
    const late = tab.engine.syncNow().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    slow = false;
    release();
    await early;
    expect(ended).toBe(false);
    await late;
    expect(await there(server, 4)).toBe(true);
    expect(tab.status()).toMatchObject({ phase: 'idle', pending: [] });
  });

  it('ends with the program', async () => {
    const server = createModelServer(SITE);
    server.trouble = () => new Promise(() => {});
    const tab = device(server)('nurse');
    const waiting = tab.engine.syncNow();
    await tab.engine.stop();
    await waiting;
  });
});
