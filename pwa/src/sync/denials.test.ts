import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createModelServer, type ModelServer, memoryDatabase } from '../../testing/model-server.ts';
import { denialOf } from '../../testing/site-validators.ts';
import { canonical } from '../case/canonical.ts';
import { type ChildDoc, fact, isChildId, type NewEvent } from '../case/document.ts';
import { mergeLeaves, readChild } from '../case/leaves.ts';
import { createClock } from '../clock/clock.ts';
import { createUlid } from '../ids/ulid.ts';
import type { Problem } from '../models/generated.ts';
import { follow } from '../storage/follow.ts';
import { createMirror } from '../storage/mirror.ts';
import { liveRevisions } from '../storage/revisions.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createIndex } from '../workspace/child-index.ts';
import { type Clinic, createClinic } from '../workspace/clinic.ts';
import { createServer, type Fetch } from './server.ts';
import { INITIAL_STATUS, type SyncStatus } from './types.ts';

const SITE = '3301020001';
const STATION = '01K9A3Q6Z0000000000000000S';
const ulid = createUlid();
const never = new Promise<never>(() => {});

const NURSE = { name: 'nurse1', roles: [`site:${SITE}`, 'grade:ordinary'] };
const COLLEAGUE = { name: 'nurse2', roles: [`site:${SITE}`, 'grade:ordinary'] };
const SENIOR = { name: 'senior1', roles: [`site:${SITE}`, 'grade:senior'] };

const DOSE = {
  kind: 'dose',
  date: '2026-01-05',
  vaccine: '0201',
  origin: 'given',
  lot: 'L1',
  expiry: '2028-01-01',
  self_paid: false,
} as const;
/** What yesterday's program wrote, and today's server does not take. */
const OLD = { ...DOSE, lot: 'old', temp_c: 37 } as unknown as NewEvent;
const FACTS = { name: '苗苗', birth_date: '2025-09-01' } as const;

interface Tablet extends Clinic {
  store: Store;
  status(): SyncStatus;
  child(id: string): Promise<ChildDoc>;
  problems(): Problem[];
  round(): Promise<SyncStatus>;
  stop(): Promise<void>;
}

const tablets: Tablet[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(tablets.splice(0).map((tablet) => tablet.stop()));
});

function county(): ModelServer {
  const server = createModelServer(SITE);
  server.user = NURSE;
  server.refuse = (doc, before, database) =>
    database === 'catalog' ? null : denialOf(doc, before, { db: `site-${SITE}`, ...server.user });
  return server;
}

const remoteOf = (server: ModelServer) =>
  server.databases[`site-${SITE}`] as ReturnType<typeof memoryDatabase>;
const onServer = (server: ModelServer, id: string) =>
  remoteOf(server).get<ChildDoc>(id, { conflicts: true });

/** The program over a disk, with somebody logged in there and at the server. */
async function open(
  server: ModelServer,
  who: { name: string; roles: string[] },
  store = createStore(memoryDatabase()),
  fetcher: Fetch = server.fetch,
): Promise<Tablet> {
  server.user = who;
  const kept = new Map<string, string>();
  const keep = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const clock = createClock(keep, () => Date.now());
  const index = createIndex(SITE, () => [], null);
  const documents = createMirror((id) => !isChildId(id) && !id.startsWith('_'));
  const follower = follow(store, 0, async (docs) => {
    for (const doc of docs) {
      if (!isChildId(doc._id)) continue;
      if (doc._deleted) index.remove(doc._id);
      else index.put(await mergeLeaves(store.db, doc as unknown as ChildDoc));
    }
    documents.take(docs);
  });
  await follower.catchUp();
  let status = INITIAL_STATUS;
  const clinic = createClinic({
    store,
    catalog: createStore(memoryDatabase()),
    server: createServer('', fetcher),
    clock,
    ulid,
    index,
    documents,
    catchUp: follower.catchUp,
    site: SITE,
    account: who.name,
    senior: () => who === SENIOR,
    routes: () => undefined,
    station: STATION,
    stationName: () => '1',
    app: '0.1.0',
    session: { confirmed: () => {}, lost: () => {} },
    changed: (now) => {
      status = now;
    },
    reported: async () => {},
    channel: null,
    locks: null,
    firstDelayMs: 5,
  });
  clinic.engine.start();
  const tablet: Tablet = {
    ...clinic,
    store,
    status: () => status,
    child: async (id) => (await readChild(store.db, id)) as ChildDoc,
    problems: () => documents.all<Problem>('problem:'),
    async round() {
      await clinic.engine.syncNow();
      return status;
    },
    async stop() {
      await clinic.engine.stop();
      await follower.close();
    },
  };
  tablets.push(tablet);
  return tablet;
}

/** A child that the server knows. */
async function registered(tablet: Tablet): Promise<string> {
  const { _id } = await tablet.repository.register(FACTS);
  await tablet.round();
  expect(tablet.status()).toMatchObject({ phase: 'idle', pending: [], refused: [] });
  return _id;
}

const lots = (child: ChildDoc) =>
  Object.values(child.events)
    .flatMap((event) => (event.kind === 'dose' ? [event.lot] : []))
    .sort();
const idOf = (child: ChildDoc, lot: string) =>
  Object.entries(child.events).find(([, e]) => e.kind === 'dose' && e.lot === lot)?.[0] as string;

/**
 * A server that is back from a backup lacks a senior's void, which an ordinary nurse's tablet holds
 * and may not bring. `before`: the version that it lost.
 */
async function refusedAfterRestore() {
  const server = county();
  server.user = SENIOR;
  const senior = await open(server, SENIOR);
  const id = await registered(senior);
  const first = await senior.repository.addEvent(id, { ...DOSE, lot: 'first' });
  await senior.round();
  const backup = await remoteOf(server).get(id, { revs: true });
  server.user = NURSE;
  const tablet = await open(server, NURSE);
  await tablet.round();
  // A senior voids it, and the nurse's tablet has that too.
  server.user = SENIOR;
  await senior.repository.void(id, idOf(first, 'first'), 'mistake');
  await senior.round();
  server.user = NURSE;
  await tablet.round();
  const before = await remoteOf(server).get(id, { revs: true });
  await Promise.all([tablet.stop(), senior.stop()]);
  // Back from a backup, the server is asked for the void by one who may not void.
  const restored = county();
  restored.run = '01K9A3Q6Z0000000000000000T';
  await remoteOf(restored).bulkDocs([backup], { new_edits: false });
  const nurse = await open(restored, NURSE, tablet.store);
  const { refused } = await nurse.round();
  expect(refused).toMatchObject([
    { id, reason: expect.stringContaining('[void-of-another] event ') },
  ]);
  await nurse.stop();
  return { restored, before, id, store: tablet.store };
}

describe('a fact that two devices set at one moment', () => {
  // Both know it from a clock far ahead, so both set it a millisecond after that.
  it('is as the merge has it, also where the record is taken apart', async () => {
    const server = county();
    const [first, second] = [await open(server, NURSE), await open(server, COLLEAGUE)];
    const round = (tablet: Tablet, who: typeof NURSE) => {
      server.user = who;
      return tablet.round();
    };
    server.user = NURSE;
    const id = await registered(first);
    const { _conflicts, ...child } = await onServer(server, id);
    const remark = { value: 'ahead', at: '2099-01-01T00:00:00.000Z', by: 'x' };
    await remoteOf(server).put({ ...child, facts: { ...child.facts, remark } });
    await round(first, NURSE);
    await round(second, COLLEAGUE);
    await first.repository.setFacts(id, { remark: 'z' });
    await second.repository.setFacts(id, { remark: 'a' });
    await second.repository.addEvent(id, OLD);
    await round(first, NURSE);
    expect(await round(second, COLLEAGUE)).toMatchObject({
      pending: [],
      refused: [{ id, part: expect.stringContaining('event ') }],
    });
    const there = (await readChild(remoteOf(server), id)) as ChildDoc;
    // Of one moment, the greater name's: nurse2's.
    expect(fact(there, 'remark')).toBe('a');
  });
});

describe('a record of which the server refuses a part', () => {
  it('gets the rest there at once, whatever was recorded before and after it', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    server.trouble = () => {
      throw new TypeError('no network');
    };
    await tablet.repository.addEvent(id, { ...DOSE, lot: 'before' });
    const child = await tablet.repository.addEvent(id, OLD);
    await tablet.repository.addEvent(id, { ...DOSE, lot: 'after' });
    await tablet.repository.setFacts(id, { phone: '13800000000' });
    server.trouble = null;
    const { pending, refused } = await tablet.round();
    const there = await onServer(server, id);
    expect(lots(there)).toEqual(['after', 'before']);
    expect(fact(there, 'phone')).toBe('13800000000');
    expect(there._conflicts).toBeUndefined();
    expect(pending).toEqual([]);
    expect(refused).toMatchObject([{ id, part: `event ${idOf(child, 'old')}`, childName: '苗苗' }]);
    // It is kept and shown here, and reported.
    expect(lots(await tablet.child(id))).toEqual(['after', 'before', 'old']);
    const [problem, ...more] = tablet.problems();
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ document: id });
    expect(problem?.reason).toContain(idOf(child, 'old'));
    const reported = problem as Problem & { _id: string };
    expect(await remoteOf(server).get(reported._id)).toMatchObject({ document: id });
  });

  it('does not draw in what is recorded later, nor is it sent again', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    await tablet.repository.addEvent(id, OLD);
    await tablet.round();
    server.calls.length = 0;
    await tablet.repository.addEvent(id, { ...DOSE, lot: 'after' });
    const { refused, pending } = await tablet.round();
    expect(lots(await onServer(server, id))).toEqual(['after']);
    expect(pending).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(tablet.problems()).toHaveLength(1);
    const written = server.calls.filter(({ path }) => path.includes('_bulk_docs'));
    expect(JSON.stringify(written)).not.toContain('temp_c');
  });

  it('is a registration: the child gets there without the field that is refused', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    await tablet.round();
    const { _id } = await tablet.repository.register({
      ...FACTS,
      birth_certificate: { no: 1 } as unknown as string,
    });
    const { refused } = await tablet.round();
    expect(refused).toMatchObject([
      { id: _id, part: expect.stringContaining('fact birth_certificate ') },
    ]);
    const there = await onServer(server, _id);
    expect(fact(there, 'name')).toBe('苗苗');
    expect(there.facts).not.toHaveProperty('birth_certificate');
    // Entered rightly, it is nothing that anybody has to act upon.
    await tablet.repository.setFacts(_id, { birth_certificate: 'A1' });
    expect((await tablet.round()).refused).toEqual([]);
    expect(fact(await onServer(server, _id), 'birth_certificate')).toBe('A1');
    expect(tablet.problems()).toMatchObject([{ resolved_at: expect.any(String) }]);
    expect(await liveRevisions(tablet.store.db, _id)).toEqual([(await onServer(server, _id))._rev]);
  });

  it('is a receipt beside it: the child is received with its managing site', async () => {
    const server = county();
    const from = '3301020002';
    const provenance = { by: 'x', station: STATION, site: from, offset_ms: 0, app: '0.1.0' };
    const at = '2026-01-01T00:00:00.000Z';
    const [id, release] = [`child:${ulid()}`, ulid()];
    await remoteOf(server).put({
      _id: id,
      type: 'child',
      facts: {
        name: { value: '苗', at, by: 'x' },
        birth_date: { value: '2025-09-01', at, by: 'x' },
        site: { value: from, at, by: 'x' },
      },
      events: {
        [release]: {
          ...provenance,
          at,
          kind: 'move',
          step: 'released',
          date: '2026-01-01',
          from_site: from,
          to_site: SITE,
        },
      },
    });
    const tablet = await open(server, NURSE);
    await tablet.round();
    server.trouble = () => {
      throw new TypeError('no network');
    };
    const received = {
      kind: 'move',
      step: 'received',
      date: '2026-01-02',
      from_site: from,
      to_site: SITE,
      answers: [release],
    } as unknown as NewEvent;
    await tablet.repository.record(id, [received], { site: SITE, register_status: '10' });
    await tablet.repository.addEvent(id, OLD);
    server.trouble = null;
    const { refused } = await tablet.round();
    const there = await onServer(server, id);
    expect(fact(there, 'site')).toBe(SITE);
    expect(fact(there, 'register_status')).toBe('10');
    expect(refused).toHaveLength(1);
  });

  it('of a receipt ends when the release that it answers has come another way', async () => {
    const from = '3301020002';
    const at = '2026-01-01T00:00:00.000Z';
    const [id, release] = [`child:${ulid()}`, ulid()];
    const child = {
      _id: id,
      type: 'child',
      facts: {
        name: { value: '苗', at, by: 'x' },
        birth_date: { value: '2025-09-01', at, by: 'x' },
        site: { value: from, at, by: 'x' },
      },
      events: {},
    };
    const released = {
      ...{ by: 'x', station: STATION, site: from, offset_ms: 0, app: '0.1.0', at },
      ...{ kind: 'move', step: 'released', date: '2026-01-01', from_site: from, to_site: SITE },
    };
    const server = county();
    await remoteOf(server).put({ ...child, events: { [release]: released } });
    const tablet = await open(server, NURSE);
    await tablet.round();
    await tablet.stop();
    // It is back from a backup of before the release.
    const restored = county();
    restored.run = '01K9A3Q6Z0000000000000000T';
    await remoteOf(restored).put(child);
    const again = await open(restored, NURSE, tablet.store);
    const received = {
      ...{ kind: 'move', step: 'received', date: '2026-01-02', from_site: from, to_site: SITE },
      answers: [release],
    } as unknown as NewEvent;
    await again.repository.record(id, [received], { site: SITE, register_status: '10' });
    const { refused } = await again.round();
    expect(refused.map(({ subject }) => subject)).toEqual(['move', 'move']);
    expect(fact(await onServer(restored, id), 'site')).toBe(from);
    // The clinic that let the child go brings its release back.
    const there = await onServer(restored, id);
    await remoteOf(restored).put({ ...there, events: { ...there.events, [release]: released } });
    const end = await again.round();
    expect([end.refused, end.pending]).toEqual([[], []]);
    expect(fact(await onServer(restored, id), 'site')).toBe(SITE);
    expect(again.problems().every(({ resolved_at }) => resolved_at)).toBe(true);
  });

  it('is whole again when the server keeps the version that was ended here', async () => {
    const { restored, before, id, store } = await refusedAfterRestore();
    const another = await open(restored, SENIOR, store);
    expect((await another.round()).refused).toEqual([]);
    const joined = await onServer(restored, id);
    expect(await liveRevisions(another.store.db, id)).toEqual([joined._rev]);
    // The senior's own tablet brings its version too, and the server keeps that one.
    await remoteOf(restored).bulkDocs([before], { new_edits: false });
    await remoteOf(restored).put({ ...joined, _deleted: true });
    await another.round();
    const end = await another.round();
    expect([end.refused, end.pending]).toEqual([[], []]);
    expect(lots(await another.child(id))).toEqual(['first']);
    const there = await onServer(restored, id);
    expect(there._conflicts).toBeUndefined();
    expect(await liveRevisions(another.store.db, id)).toEqual([there._rev]);
    expect(await another.child(id)).toEqual(there);
  });

  it('stays when the server has taken the very version from another tablet meanwhile', async () => {
    const { restored, before, id, store } = await refusedAfterRestore();
    await remoteOf(restored).bulkDocs([before], { new_edits: false });
    // The nurse's tablet hears of it first, and has it already.
    const nurse = await open(restored, NURSE, store);
    await nurse.round();
    await nurse.stop();
    const senior = await open(restored, SENIOR, store);
    const end = await senior.round();
    expect([end.refused, end.pending]).toEqual([[], []]);
    const there = await onServer(restored, id);
    expect(await liveRevisions(store.db, id)).toEqual([there._rev]);
    expect(await senior.child(id)).toEqual(there);
  });

  it('ends when a person takes back what is refused; it stays where it was recorded', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    const child = await tablet.repository.addEvent(id, OLD);
    await tablet.round();
    await tablet.repository.void(id, idOf(child, 'old'), 'mistake');
    await tablet.repository.addEvent(id, { ...DOSE, lot: 'again' });
    const { refused, pending } = await tablet.round();
    expect([refused, pending]).toEqual([[], []]);
    expect(lots(await onServer(server, id))).toEqual(['again']);
    expect(lots(await tablet.child(id))).toEqual(['again', 'old']);
    expect(tablet.problems()).toMatchObject([{ resolved_at: expect.any(String) }]);
    // Also after everything is compared anew.
    const again = await open(server, COLLEAGUE, tablet.store);
    await tablet.stop();
    server.run = '01K9A3Q6Z0000000000000000T';
    const later = await again.round();
    expect([later.refused, later.pending]).toEqual([[], []]);
    expect(lots(await again.child(id))).toEqual(['again', 'old']);
  });

  it('waits while the server has several versions of the child', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    const { _rev, ...body } = await onServer(server, id);
    const [generation, hash] = (_rev as string).split('-');
    const start = Number(generation) + 1;
    for (const one of ['a', 'b']) {
      await remoteOf(server).bulkDocs(
        [
          {
            ...body,
            _rev: `${start}-${one.repeat(32)}`,
            _revisions: { start, ids: [one.repeat(32), hash] },
          },
        ],
        { new_edits: false },
      );
    }
    await tablet.repository.addEvents(id, [OLD, { ...DOSE, lot: 'good' }]);
    const { refused } = await tablet.round();
    expect(refused).toMatchObject([{ id, part: null }]);
    const top = await onServer(server, id);
    await remoteOf(server).put({ ...body, _id: id, _rev: top._conflicts?.[0], _deleted: true });
    const settled = await tablet.round();
    expect(settled.refused).toMatchObject([{ id, part: expect.stringContaining('event ') }]);
    expect(lots(await onServer(server, id))).toEqual(['good']);
  });
});

describe('a denial holds for the account that asked', () => {
  it('goes when somebody who may has logged in, without a person trying again', async () => {
    const server = county();
    const first = await open(server, COLLEAGUE);
    const id = await registered(first);
    const child = await first.repository.addEvent(id, { ...DOSE, lot: 'mistake' });
    await first.round();
    await first.stop();
    // A senior voids it without the network; a nurse is logged in when there is one.
    server.trouble = () => {
      throw new TypeError('no network');
    };
    const senior = await open(server, SENIOR, first.store);
    await senior.repository.void(id, idOf(child, 'mistake'), 'mistake');
    await senior.repository.addEvent(id, { ...DOSE, lot: 'good' });
    await senior.stop();
    server.trouble = null;
    const nurse = await open(server, NURSE, first.store);
    const { refused } = await nurse.round();
    expect(refused).toMatchObject([
      { id, reason: expect.stringContaining('[void-of-another] event ') },
    ]);
    expect(lots(await onServer(server, id))).toEqual(['good', 'mistake']);
    server.calls.length = 0;
    await nurse.round();
    expect(server.calls.filter(({ path }) => path.includes('_bulk_docs'))).toEqual([]);
    await nurse.stop();
    const back = await open(server, SENIOR, first.store);
    expect((await back.round()).refused).toEqual([]);
    const there = await onServer(server, id);
    expect(Object.values(there.events).filter(({ kind }) => kind === 'void')).toHaveLength(1);
    expect(back.problems()).toMatchObject([{ resolved_at: expect.any(String) }]);
    expect(await liveRevisions(first.store.db, id)).toEqual([there._rev]);
    expect(canonical((await back.child(id)).events)).toBe(canonical(there.events));
  });

  it('is the same for other documents: what was thrown away goes with a senior', async () => {
    const server = county();
    const nurse = await open(server, NURSE);
    await nurse.round();
    const move = {
      _id: `stock:${ulid()}`,
      type: 'stock',
      kind: 'waste',
      date: '2026-01-05',
      vaccine: '0201',
      lot: 'L1',
      expiry: '2028-01-01',
      maker: '试验',
      doses: -1,
      doses_per_unit: 1,
      ...nurse.provenance(),
    };
    await nurse.store.put(move);
    expect((await nurse.round()).refused).toMatchObject([
      { id: move._id, part: null, reason: expect.stringContaining('[senior-only]') },
    ]);
    expect(nurse.problems()).toHaveLength(1);
    await nurse.stop();
    const senior = await open(server, SENIOR, nurse.store);
    expect((await senior.round()).refused).toEqual([]);
    expect(await remoteOf(server).get(move._id)).toMatchObject({ kind: 'waste' });
    expect(senior.problems()).toMatchObject([{ resolved_at: expect.any(String) }]);
  });

  it('is asked once more of a server that was started anew, which may have learnt', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    await tablet.repository.addEvent(id, OLD);
    expect((await tablet.round()).refused).toHaveLength(1);
    server.refuse = () => null;
    expect((await tablet.round()).refused).toHaveLength(1);
    server.run = '01K9A3Q6Z0000000000000000T';
    expect((await tablet.round()).refused).toEqual([]);
    expect(lots(await onServer(server, id))).toEqual(['old']);
    expect(tablet.problems()).toMatchObject([{ resolved_at: expect.any(String) }]);
  });

  it('is asked once more on another day, when another clinic may have brought its part', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    await tablet.repository.addEvent(id, OLD);
    await tablet.round();
    server.refuse = () => null;
    expect((await tablet.round()).refused).toHaveLength(1);
    vi.useFakeTimers({ now: Date.now() + 86_400_000, toFake: ['Date'] });
    expect((await tablet.round()).refused).toEqual([]);
    vi.useRealTimers();
    expect(lots(await onServer(server, id))).toEqual(['old']);
  });

  it('is asked again when a person says so', async () => {
    const server = county();
    const tablet = await open(server, NURSE);
    const id = await registered(tablet);
    await tablet.repository.addEvent(id, OLD);
    const [entry] = (await tablet.round()).refused;
    server.refuse = () => null;
    tablet.engine.retry(entry?.id as string);
    expect((await tablet.round()).refused).toEqual([]);
    expect(lots(await onServer(server, id))).toEqual(['old']);
  });
});

/** A disk and a network that stop dead after so many calls: as for a program that is killed. */
function mortal(store: Store, server: ModelServer, calls: number) {
  let left = calls;
  const alive = () => --left >= 0;
  const db = new Proxy(store.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]) => {
        if (!alive()) return never;
        const done = await (value as (...g: unknown[]) => unknown).apply(target, given);
        return left >= 0 ? done : never;
      };
    },
  });
  const fetcher: Fetch = async (input, init) => {
    if (!alive()) return never;
    const answer = await server.fetch(input, init);
    return left >= 0 ? answer : never;
  };
  return { store: createStore(db), fetcher, dead: () => left < 0 };
}

describe('a tablet that is killed while a record is taken apart', () => {
  it('ends as if nothing had happened, wherever it was killed', async () => {
    const story = async (kills: readonly number[]) => {
      const server = county();
      const first = await open(server, NURSE);
      const id = await registered(first);
      await first.stop();
      server.trouble = () => {
        throw new TypeError('no network');
      };
      const away = await open(server, NURSE, first.store);
      await away.repository.addEvents(id, [OLD, { ...DOSE, lot: 'a' }]);
      await away.repository.addEvent(id, { ...OLD, lot: 'old2' } as NewEvent);
      await away.repository.setFacts(id, { phone: '13800000000' });
      await away.stop();
      server.trouble = null;
      for (const calls of kills) {
        const { store, fetcher, dead } = mortal(first.store, server, calls);
        void open(server, NURSE, store, fetcher).catch(() => {});
        for (let waited = 0; !dead() && waited < 300; waited += 5) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        tablets.splice(0).forEach((tablet) => void tablet.stop());
      }
      const last = await open(server, NURSE, first.store);
      const { pending, refused } = await last.round();
      const there = await onServer(server, id);
      expect(pending).toEqual([]);
      expect(refused.map(({ part }) => part).sort()).toHaveLength(2);
      expect(lots(there)).toEqual(['a']);
      expect(fact(there, 'phone')).toBe('13800000000');
      expect(there._conflicts).toBeUndefined();
      expect(lots(await last.child(id))).toEqual(['a', 'old', 'old2']);
      // Each denial is reported once, and the server has the reports.
      const open_ = last.problems().filter(({ resolved_at }) => !resolved_at);
      expect(new Set(open_.map(({ reason }) => reason)).size).toBe(2);
      expect(open_).toHaveLength(2);
      const { rows } = await remoteOf(server).allDocs({ startkey: 'problem:', endkey: 'problem;' });
      expect(rows).toHaveLength(last.problems().length);
      await last.stop();
      tablets.length = 0;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 3, max: 120 }), { maxLength: 3 }), story),
      { numRuns: 25 },
    );
  }, 120_000);
});
