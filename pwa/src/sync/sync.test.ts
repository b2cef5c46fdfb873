import fc from 'fast-check';
import type PouchDB from 'pouchdb-core';
import { afterEach, describe, expect, it } from 'vitest';
import { createModelServer, type ModelServer, memoryDatabase } from '../../testing/model-server.ts';
import { canonical } from '../case/canonical.ts';
import type { ChildDoc } from '../case/document.ts';
import { readChild } from '../case/leaves.ts';
import { merge } from '../case/merge.ts';
import { type Clock, createClock } from '../clock/clock.ts';
import { clinic } from '../ids/place.ts';
import { createUlid } from '../ids/ulid.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createEngine, type Engine } from './engine.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createPuller } from './pull.ts';
import { push } from './push.ts';
import { createServer, SyncFault } from './server.ts';
import { INITIAL_STATUS, type SyncStatus } from './types.ts';

const SITE = '3301020001';
const REMOTE = `/db/site-${SITE}`;
const never = new AbortController().signal;
const ulid = createUlid();

function memoryKeep() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

interface Device {
  store: Store;
  outbox: Outbox;
  clock: Clock;
  pull(): Promise<void>;
  compare(): Promise<void>;
  push(): Promise<void>;
}

/** A device over an existing local database: as after a restart. */
async function deviceOver(store: Store, server: ModelServer, batch = 2000): Promise<Device> {
  const outbox = createOutbox(store);
  await outbox.load();
  const clock = createClock(memoryKeep());
  const web = createServer('', server.fetch);
  const puller = createPuller({
    store,
    server: web,
    remote: REMOTE,
    batch,
    accepted: (filled) => outbox.received(filled),
  });
  return {
    store,
    outbox,
    clock,
    pull: async () => void (await puller.run(never)),
    compare: () => puller.compare(never),
    push: async () =>
      void (await push(
        {
          store,
          outbox,
          server: web,
          remote: REMOTE,
          instant: clock.instant,
          ulid,
          asker: () => String(server.user.name),
        },
        never,
      )),
  };
}

const newDevice = (server: ModelServer, batch?: number) =>
  deviceOver(createStore(memoryDatabase()), server, batch);

function childOf(n: number, events: Record<string, unknown> = {}): ChildDoc {
  return {
    _id: `child:${String(n).padStart(26, '0')}`,
    type: 'child',
    facts: { name: { value: `孩子${n}`, at: '2026-01-01T00:00:00.000Z', by: 'a' } },
    events,
  } as ChildDoc;
}

const remoteOf = (server: ModelServer) =>
  server.databases[`site-${SITE}`] as ReturnType<typeof memoryDatabase>;

async function seed(server: ModelServer, count: number) {
  await remoteOf(server).bulkDocs(Array.from({ length: count }, (_, n) => childOf(n)));
}

async function ids(store: Store) {
  return (await store.db.allDocs({})).rows.map(({ id }) => id);
}

describe('pull', () => {
  it('brings everything in batches, and nothing of it is pending', async () => {
    const server = createModelServer(SITE);
    await seed(server, 25);
    const device = await newDevice(server, 10);
    await device.pull();
    expect(await ids(device.store)).toHaveLength(25);
    expect(await device.outbox.scan()).toEqual([]);
    expect(await device.store.local('pull', {})).toMatchObject({ complete: true, done: 25 });
  });

  it('ends what the server has gone on from, though it came without its history', async () => {
    const server = createModelServer(SITE);
    const { _id: id } = childOf(1);
    await remoteOf(server).put(childOf(1));
    const first = await remoteOf(server).get<PouchDB.Doc>(id, { revs: true });
    await remoteOf(server).put({ ...childOf(1, { A: { kind: 'dose' } }), _rev: first._rev });
    const second = await remoteOf(server).get<PouchDB.Doc>(id, { revs: true });
    const device = await newDevice(server);
    await device.pull();

    // Restored, it shows the one before; another tablet, which knows both, brings the other back.
    const restored = createModelServer(SITE);
    await remoteOf(restored).bulkDocs([first], { new_edits: false });
    const again = await deviceOver(device.store, restored);
    await again.compare();
    expect((await again.store.db.get(id, { conflicts: true }))._conflicts).toEqual([first._rev]);
    await remoteOf(restored).bulkDocs([second], { new_edits: false });
    await again.pull();
    const here = await again.store.db.get(id, { conflicts: true });
    expect([here._rev, here._conflicts]).toEqual([second._rev, undefined]);
    await again.push();
    expect(again.outbox.pending()).toEqual([]);
  });

  it('keeps what the server has not gone on from', async () => {
    const server = createModelServer(SITE);
    const { _id: id } = childOf(1);
    await remoteOf(server).put(childOf(1));
    const device = await newDevice(server);
    await device.pull();
    const { _rev } = await device.store.db.get(id);
    const mine = { ...childOf(1, { A: { kind: 'dose' } }), _rev };
    await device.store.db.put(mine);
    await remoteOf(server).put({ ...childOf(1, { B: { kind: 'dose' } }), _rev });
    await device.pull();
    await device.pull();
    const { _conflicts } = await device.store.db.get(id, { conflicts: true });
    expect(_conflicts).toHaveLength(1);
    expect(await device.outbox.scan()).toHaveLength(1);
  });

  it.each([
    [
      'a proxy that answers 502 with a page',
      () => new Response('<html>Bad Gateway', { status: 502 }),
      'server',
    ],
    ['garbage with status 200', () => new Response('<!doctype html>'), 'server'],
    ['half of an answer', () => new Response('{"results":[{"seq":1,"id":"chi'), 'server'],
    ['an answer of another shape', () => new Response('{"rows":[]}'), 'server'],
    ['rows of another shape', () => new Response('{"results":[{"id":1}],"last_seq":9}'), 'server'],
    [
      'a body that breaks off',
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode('{"results":['));
              controller.error(new TypeError('network error'));
            },
          }),
        ),
      'connectivity',
    ],
    [
      'no answer',
      () => {
        throw new TypeError('Failed to fetch');
      },
      'connectivity',
    ],
    [
      'a login that has run out',
      () => new Response('{"error":"unauthorized"}', { status: 401 }),
      'unauthorised',
    ],
  ] as const)('meets %s in the middle, and goes on from where it was', async (_, answer, kind) => {
    const server = createModelServer(SITE);
    await seed(server, 30);
    const device = await newDevice(server, 10);
    let feeds = 0;
    server.trouble = ({ path }) => (path.includes('_changes') && ++feeds === 3 ? answer() : null);
    await expect(device.pull()).rejects.toMatchObject({ name: 'SyncFault', kind });
    const place = await device.store.local<{ since: number; complete: boolean }>('pull', {
      since: 0,
      complete: true,
    });
    expect(place.complete).toBe(false);
    expect(place.since).toBeGreaterThan(0);
    server.trouble = null;
    server.calls.length = 0;
    await device.pull();
    expect(await ids(device.store)).toHaveLength(30);
    expect(server.calls.some(({ path }) => path.includes('since=0'))).toBe(false);
  });

  it('joins revisions to the tree that is here, and keeps conflicts', async () => {
    const server = createModelServer(SITE);
    const remote = remoteOf(server);
    await seed(server, 1);
    const device = await newDevice(server);
    await device.pull();
    const id = childOf(0)._id;
    const first = await remote.get(id);
    await remote.put({ ...first, note: 'second' });
    await remote.bulkDocs(
      [
        {
          ...first,
          _rev: '2-ffffffffffffffffffffffffffffffff',
          _revisions: {
            start: 2,
            ids: ['ffffffffffffffffffffffffffffffff', String(first._rev).slice(2)],
          },
        },
      ],
      { new_edits: false },
    );
    await device.pull();
    const local = await device.store.db.get(id, { conflicts: true });
    const there = await remote.get(id, { conflicts: true });
    expect(local._rev).toBe(there._rev);
    expect(local._conflicts).toEqual(there._conflicts);
    expect(await device.outbox.scan()).toEqual([]);
  });

  it('takes a deletion, and passes over one of what was never here', async () => {
    const server = createModelServer(SITE);
    await seed(server, 2);
    const device = await newDevice(server);
    await device.pull();
    const remote = remoteOf(server);
    for (const n of [0, 1]) {
      const doc = await remote.get(childOf(n)._id);
      await remote.put({ ...doc, _deleted: true });
    }
    await device.pull();
    expect(await ids(device.store)).toEqual([]);
    const other = await newDevice(server);
    await other.pull();
    expect((await other.store.db.info()).update_seq).toBe(0);
  });
});

describe('push', () => {
  it('calls on the server only what the server names', async () => {
    const server = createModelServer(SITE);
    const device = await newDevice(server);
    await device.store.put(childOf(1));
    expect(await device.outbox.scan()).toHaveLength(1);
    // The write is answered well and has no effect: that is no proof.
    server.trouble = ({ path }) => (path.includes('_bulk_docs') ? new Response('[]') : null);
    await expect(device.push()).rejects.toMatchObject({ kind: 'server' });
    expect(device.outbox.pending()).toHaveLength(1);
    server.trouble = null;
    await device.push();
    expect(device.outbox.pending()).toEqual([]);
    expect(await remoteOf(server).get(childOf(1)._id)).toMatchObject({ type: 'child' });
  });

  it('takes a write for done whose answer was lost', async () => {
    const server = createModelServer(SITE);
    const device = await newDevice(server);
    await device.store.put(childOf(1));
    server.onAnswer = ({ path }, answer) => {
      if (path.includes('_bulk_docs')) throw new TypeError('network error');
      return answer;
    };
    await expect(device.push()).rejects.toMatchObject({ kind: 'connectivity' });
    expect(device.outbox.pending()).toHaveLength(1);
    server.onAnswer = null;
    server.calls.length = 0;
    await device.push();
    expect(device.outbox.pending()).toEqual([]);
    expect(server.calls.some(({ path }) => path.includes('_bulk_docs'))).toBe(false);
  });

  it('keeps a denial with its reason, and does not send it again', async () => {
    const server = createModelServer(SITE);
    const device = await newDevice(server);
    server.refuse = (doc) => (doc._id.endsWith('1') ? 'not yours' : null);
    await device.store.put(childOf(1));
    await device.store.put(childOf(2));
    await device.push();
    expect(device.outbox.pending()).toEqual([]);
    expect(device.outbox.refused()).toMatchObject([
      { id: childOf(1)._id, reason: 'forbidden: not yours' },
    ]);
    // Also after a restart.
    const again = await deviceOver(device.store, server);
    expect(again.outbox.refused()).toHaveLength(1);
    server.calls.length = 0;
    await again.push();
    expect(server.calls.some(({ path }) => path.includes('_bulk_docs'))).toBe(false);
    expect(again.outbox.refused()).toHaveLength(1);
  });

  it.each([
    [500, 0, 1],
    [413, 1, 0],
  ])(
    'sends the others past a document that makes the server answer %i',
    async (status, refused, pending) => {
      const server = createModelServer(SITE);
      const device = await newDevice(server);
      for (let n = 0; n < 9; n++) await device.store.put(childOf(n));
      const poison = childOf(4)._id;
      server.trouble = ({ path, body }) =>
        path.includes('_bulk_docs') && JSON.stringify(body).includes(poison)
          ? new Response('{"error":"bad"}', { status })
          : null;
      await device
        .push()
        .catch((error: unknown) => expect(error).toMatchObject({ kind: 'server' }));
      expect((await remoteOf(server).allDocs({})).rows).toHaveLength(8);
      expect(device.outbox.refused()).toHaveLength(refused);
      expect(device.outbox.pending()).toHaveLength(pending);
    },
  );

  it.each([
    ['internal_server_error', 'no DB shards could be opened'],
    ['forbidden', 'validate_doc_update of _design/structure failed: TypeError: null'],
    ['timeout', 'validate_doc_update used up the time of this request.'],
  ])(
    'does not take for a denial what the server could not judge: %s: %s',
    async (error, reason) => {
      const server = createModelServer(SITE);
      const device = await newDevice(server);
      const doc = childOf(1);
      const { rev } = await device.store.put(doc);
      server.trouble = ({ path }) =>
        path.includes('_bulk_docs')
          ? new Response(JSON.stringify([{ id: doc._id, rev, error, reason }]), { status: 201 })
          : null;
      await expect(device.push()).rejects.toMatchObject({ kind: 'server' });
      expect(device.outbox.refused()).toEqual([]);
      expect(device.outbox.pending()).toHaveLength(1);
      server.trouble = null;
      await device.push();
      expect(device.outbox.pending()).toEqual([]);
    },
  );

  it('does not take a closed door for a denial of documents', async () => {
    const server = createModelServer(SITE);
    const device = await newDevice(server);
    for (let n = 0; n < 3; n++) await device.store.put(childOf(n));
    server.trouble = ({ path }) =>
      path.includes('_bulk_docs') ? new Response('{"error":"forbidden"}', { status: 403 }) : null;
    await expect(device.push()).rejects.toMatchObject({ kind: 'refused' });
    expect(device.outbox.refused()).toEqual([]);
    expect(device.outbox.pending()).toHaveLength(3);
  });

  it('forgets nothing when the device is killed at any moment', async () => {
    const server = createModelServer(SITE);
    await seed(server, 5);
    const device = await newDevice(server, 2);
    await device.store.put(childOf(100));
    await device.pull();
    await device.store.put(childOf(101));
    // A new outbox over the same database knows at least what is missing.
    const again = await deviceOver(device.store, server);
    const pending = (await again.outbox.scan()).map(({ id }) => id);
    expect(pending).toEqual(expect.arrayContaining([childOf(100)._id, childOf(101)._id]));
    await again.push();
    expect(again.outbox.pending()).toEqual([]);
    expect((await remoteOf(server).allDocs({})).rows).toHaveLength(7);
  });
});

describe('two devices and a server', () => {
  /** One step of a history: who does what, and whether the network breaks it. */
  const step = fc.record({
    who: fc.integer({ min: 0, max: 1 }),
    what: fc.constantFrom('dose', 'push', 'pull', 'restart'),
    child: fc.integer({ min: 0, max: 2 }),
    breaksAfter: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
  });

  it('agree in the end, with every event that was recorded, whatever broke in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const server = createModelServer(SITE);
        await seed(server, 2);
        const devices = [await newDevice(server, 2), await newDevice(server, 2)];
        const recorded = new Map<string, string[]>();
        for (const { who, what, child, breaksAfter } of steps) {
          let calls = 0;
          server.trouble = () => {
            if (breaksAfter !== null && calls++ >= breaksAfter) throw new TypeError('gone');
            return null;
          };
          // Every second break loses the answer and not the question.
          server.onAnswer = (_, answer) => {
            if (breaksAfter === 1 && calls === 1) throw new TypeError('gone');
            return answer;
          };
          const device = devices[who] as Device;
          if (what === 'restart') devices[who] = await deviceOver(device.store, server, 2);
          else if (what === 'dose') {
            const id = childOf(child)._id;
            const now = (await readChild(device.store.db, id)) ?? null;
            const event = ulid();
            const next = childOf(child, { [event]: { kind: 'dose', lot: event } });
            await device.store.put(now ? { ...merge(now, next), _rev: now._rev } : next);
            recorded.set(id, [...(recorded.get(id) ?? []), event]);
          } else {
            await device[what]().catch((error: unknown) => expect(error).toBeInstanceOf(SyncFault));
          }
        }
        server.trouble = null;
        server.onAnswer = null;
        for (const device of [...devices, ...devices]) {
          await device.push();
          await device.pull();
        }
        const places = [...devices.map(({ store }) => store.db), remoteOf(server)];
        for (const [id, events] of recorded) {
          const seen = await Promise.all(
            places.map(async (db) => {
              const child = (await readChild(db, id)) as ChildDoc;
              return canonical({ facts: child.facts, events: child.events });
            }),
          );
          expect(new Set(seen).size).toBe(1);
          for (const event of events) expect(seen[0]).toContain(event);
        }
        for (const device of devices) {
          expect(device.outbox.pending()).toEqual([]);
          expect(device.outbox.refused()).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('the engine', () => {
  const engines: Engine[] = [];
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  });

  async function engineOver(
    server: ModelServer,
    store = createStore(memoryDatabase()),
    report: () => void = () => {},
    changed: (status: SyncStatus) => void = () => {},
  ) {
    let status: SyncStatus = INITIAL_STATUS;
    const seen: SyncStatus[] = [];
    const roles: string[][] = [];
    let lost = 0;
    const heartbeats: unknown[] = [];
    const engine = createEngine({
      store,
      catalog: createStore(memoryDatabase()),
      outbox: createOutbox(store),
      server: createServer('', server.fetch),
      clock: createClock(memoryKeep()),
      place: clinic(SITE),
      station: '01K9A3Q6Z0000000000000000S',
      ulid,
      session: { name: 'nurse', confirmed: (now) => void roles.push(now), lost: () => void lost++ },
      childName: () => null,
      report: async () => false,
      heartbeat: async (said) => {
        heartbeats.push(said);
        report();
      },
      changed: (now) => {
        status = now;
        seen.push(now);
        changed(now);
      },
      firstDelayMs: 5,
    });
    engines.push(engine);
    engine.start();
    const until = async (test: (now: SyncStatus) => boolean) => {
      const end = Date.now() + 5000;
      while (!test(status)) {
        if (Date.now() > end) throw new Error(`still ${JSON.stringify(status)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return status;
    };
    return { engine, store, seen, roles, heartbeats, until, lostCount: () => lost };
  }

  it('loads, is idle, pushes what is written, and hears of others', async () => {
    const server = createModelServer(SITE);
    await seed(server, 3);
    const { store, until, heartbeats, roles } = await engineOver(server);
    const idle = await until(({ phase }) => phase === 'idle');
    expect(idle).toMatchObject({ complete: true, pending: [], problem: null });
    expect(heartbeats).toHaveLength(1);
    expect(roles[0]).toContain(`site:${SITE}`);
    await store.put(childOf(50));
    await until(({ pending }) => pending.length === 1);
    await until(({ pending }) => pending.length === 0);
    expect(await remoteOf(server).get(childOf(50)._id)).toBeTruthy();
    await remoteOf(server).put(childOf(60));
    const end = Date.now() + 3000;
    while (!(await ids(store)).includes(childOf(60)._id)) {
      if (Date.now() > end) throw new Error('not heard');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it.each([
    ['a captive portal', () => new Response('<html>Please log in to the hotel</html>')],
    ['a proxy’s 502', () => new Response('<html>Bad Gateway</html>', { status: 502 })],
    ['JSON of somebody else', () => new Response('{"results":"none"}')],
  ])('has not heard the server by %s', async (_, answer) => {
    const server = createModelServer(SITE);
    const { until } = await engineOver(server);
    await until(({ phase }) => phase === 'idle');
    server.trouble = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1200));
      return answer();
    };
    // Ends the question that is under way; the next one meets the trouble.
    await remoteOf(server).put(childOf(60));
    const last = Date.now();
    const { lastHeard } = await until(({ phase }) => phase === 'stalled');
    expect(Math.abs(Date.parse(lastHeard as string) - last)).toBeLessThan(1000);
  });

  it('says offline, never idle, while the network is gone; and goes on when it is back', async () => {
    const server = createModelServer(SITE);
    server.trouble = () => {
      throw new TypeError('Failed to fetch');
    };
    const { store, until, seen } = await engineOver(server);
    await store.put(childOf(1));
    await until(({ phase, pending }) => phase === 'offline' && pending.length === 1);
    expect(seen.some(({ phase }) => phase === 'idle')).toBe(false);
    server.trouble = null;
    await until(({ phase, pending }) => phase === 'idle' && pending.length === 0);
  });

  it('is idle, and says so, when only its report to the county is refused', async () => {
    const server = createModelServer(SITE);
    const { until } = await engineOver(server, undefined, () => {
      throw new SyncFault('refused', '403 forbidden', 403);
    });
    const status = await until(({ phase }) => phase === 'idle');
    expect(status).toMatchObject({ pending: [], problem: { kind: 'refused' } });
  });

  it('stops at once, also between a round and the listening after it', async () => {
    const server = createModelServer(SITE);
    let stopping: Promise<void> | undefined;
    const { engine, until } = await engineOver(server, undefined, undefined, ({ phase }) => {
      if (phase === 'idle') stopping ??= engine.stop();
    });
    await until(() => stopping !== undefined);
    const slow = new Promise((resolve) => setTimeout(() => resolve('still listening'), 2000));
    expect(await Promise.race([stopping, slow])).toBeUndefined();
  });

  it('stalls and comes back when the server talks nonsense', async () => {
    const server = createModelServer(SITE);
    let calls = 0;
    server.trouble = () => (++calls < 4 ? new Response('<html>', { status: 502 }) : null);
    const { until, seen } = await engineOver(server);
    await until(({ phase }) => phase === 'idle');
    expect(
      seen.some(({ phase, problem }) => phase === 'stalled' && problem?.kind === 'server'),
    ).toBe(true);
  });

  it('asks for the password when the login has run out, and for nothing else', async () => {
    const server = createModelServer(SITE);
    server.user = { name: null, roles: [] };
    const { engine, until, lostCount } = await engineOver(server);
    await until(({ problem }) => problem?.kind === 'unauthorised');
    expect(lostCount()).toBe(1);
    server.user = { name: 'nurse', roles: [`site:${SITE}`] };
    await engine.syncNow();
    expect(engine.status()).toMatchObject({ phase: 'idle', problem: null });
  });

  it('stops before a server that was set up anew, until a person says so', async () => {
    const server = createModelServer(SITE);
    const first = await engineOver(server);
    await first.until(({ phase }) => phase === 'idle');
    await first.store.put(childOf(7));
    await first.until(({ pending }) => pending.length === 0);
    server.databases[`site-${SITE}`] = memoryDatabase();
    server.generation = '01K9A3Q6Z0000000000000000H';
    await first.engine.syncNow();
    expect(first.engine.status()).toMatchObject({ phase: 'error', problem: { kind: 'recreated' } });
    expect((await remoteOf(server).allDocs({})).rows).toEqual([]);
    await first.engine.adoptServer();
    await first.until(({ phase }) => phase === 'idle');
    expect((await remoteOf(server).allDocs({})).rows).toHaveLength(1);
  });

  it('stops before a database that was set up anew on the same server', async () => {
    const server = createModelServer(SITE);
    const { engine, store, until } = await engineOver(server);
    await until(({ phase }) => phase === 'idle');
    await store.put(childOf(7));
    await until(({ pending }) => pending.length === 0);
    await store.put(childOf(8));
    server.databases[`site-${SITE}`] = memoryDatabase();
    server.database = '01K9A3Q6Z0000000000000000E';
    await engine.syncNow();
    expect(engine.status()).toMatchObject({ phase: 'error', problem: { kind: 'recreated' } });
    expect((await remoteOf(server).allDocs({})).rows).toEqual([]);
    expect(await ids(store)).toHaveLength(2);
    // Broken off in the middle, the consent is asked for again.
    const { setLocal } = store;
    store.setLocal = async (id, value) => {
      if (id === 'outbox') throw new Error('killed');
      return setLocal(id, value);
    };
    await expect(engine.adoptServer()).rejects.toThrow('killed');
    store.setLocal = setLocal;
    await engine.syncNow();
    expect(engine.status()).toMatchObject({ problem: { kind: 'recreated' } });
    await engine.adoptServer();
    await until(({ phase, pending }) => phase === 'idle' && pending.length === 0);
    expect((await remoteOf(server).allDocs({})).rows).toHaveLength(2);
  });

  it('takes a database that does not say which it is for no other one, and asks again', async () => {
    const server = createModelServer(SITE);
    const { engine, until } = await engineOver(server);
    await until(({ phase }) => phase === 'idle');
    const { database } = server;
    server.database = undefined as unknown as string;
    await engine.syncNow();
    expect(engine.status()).toMatchObject({ problem: { kind: 'server' } });
    server.database = database;
    await engine.syncNow();
    expect(engine.status()).toMatchObject({ phase: 'idle', problem: null });
  });

  it('gives back to a server from a backup what it had named and knows no more', async () => {
    const server = createModelServer(SITE);
    await seed(server, 3);
    const { engine, store, until } = await engineOver(server);
    await until(({ phase }) => phase === 'idle');
    await store.put(childOf(7));
    await engine.syncNow();
    await until(({ phase, pending }) => phase === 'idle' && pending.length === 0);
    // The backup is older than child 7, and a colleague's child has come to it since.
    const remote = memoryDatabase();
    server.databases[`site-${SITE}`] = remote;
    await seed(server, 2);
    await remote.bulkDocs([childOf(8)]);
    server.run = '01K9A3Q6Z0000000000000000S';
    await engine.syncNow();
    await until(({ phase, pending }) => phase === 'idle' && pending.length === 0);
    const all = [0, 1, 2, 7, 8].map((n) => childOf(n)._id);
    expect((await remote.allDocs({})).rows.map(({ id }) => id)).toEqual(all);
    expect(await ids(store)).toEqual(all);
    await engine.stop();
  });

  it('gives up an answer that falls silent, and not one that is merely slow', async () => {
    const encoder = new TextEncoder();
    const slow = (pieces: number, pause: number) =>
      createServer('', async (_, init) => {
        const body = new ReadableStream({
          async start(controller) {
            init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
            controller.enqueue(encoder.encode('[0'));
            for (let n = 1; n < pieces; n++) {
              await new Promise((resolve) => setTimeout(resolve, pause));
              if (init?.signal?.aborted) return;
              controller.enqueue(encoder.encode(`,${n}`));
            }
            controller.enqueue(encoder.encode(']'));
            controller.close();
          },
        });
        return new Response(body);
      });
    expect(await slow(10, 20).json('/x', { silence: 120 })).toHaveLength(10);
    await expect(slow(2, 500).json('/x', { silence: 120 })).rejects.toMatchObject({
      kind: 'connectivity',
    });
  });
});
