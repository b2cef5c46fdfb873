import { describe, expect, it } from 'vitest';
import { memoryDatabase } from '../../testing/model-server.ts';
import { type ChildDoc, cards, fact, isChildId, standing } from '../case/document.ts';
import { mergeLeaves, readChild } from '../case/leaves.ts';
import type { Lot } from '../case/lots.ts';
import { type Clock, createClock } from '../clock/clock.ts';
import { createUlid } from '../ids/ulid.ts';
import { follow } from '../storage/follow.ts';
import { createStore, type Store } from '../storage/store.ts';
import { createIndex } from './child-index.ts';
import { createRepository, type Repository } from './repository.ts';

const SITE = '3301020001';
const NOW = Date.parse('2026-11-23T02:00:00.000Z');

interface Desk {
  store: Store;
  repository: Repository;
  clock: Clock;
  time: { now: number };
}

const LOT: Lot = {
  key: 'L1',
  vaccine: '0201',
  lot: 'L1',
  maker: 'M',
  expiry: '2027-01-01',
  balance: 1,
  since: '2026-01-01',
  expired: false,
  usable: true,
  takenBy: [],
};

function desk(store = createStore(memoryDatabase()), balance?: number, by = 'nurse'): Desk {
  const kept = new Map<string, string>();
  const time = { now: NOW };
  const clock = createClock(
    {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    },
    () => time.now,
  );
  const index = createIndex(SITE, () => [], null);
  const follower = follow(store, 0, async (docs) => {
    for (const doc of docs) {
      if (isChildId(doc._id)) index.put(await mergeLeaves(store.db, doc as unknown as ChildDoc));
    }
  });
  const repository = createRepository({
    store,
    clock,
    ulid: createUlid(),
    author: { by, station: '01K9A3Q6Z0000000000000000S', site: SITE, app: '0.1.0' },
    senior: () => by === 'senior',
    holder: { card: index.byCard, idNumber: index.byIdNumber },
    numbered: (year, work) => work(`${SITE}${year}0001`),
    lotOf: () => (balance === undefined ? null : ({ ...LOT, balance } as Lot)),
    seen: follower.catchUp,
  });
  return { store, repository, clock, time };
}

const FACTS = { name: '张三', sex: 'M', birth_date: '2026-09-01' } as const;
const DOSE = {
  kind: 'dose',
  date: '2026-11-23',
  vaccine: '0201',
  origin: 'given',
  lot: 'L1',
  expiry: '2027-01-01',
  maker: 'M',
} as const;

describe('recording', () => {
  it('keeps an edit of a device whose clock is behind the one before it', async () => {
    const { repository, time } = desk();
    const child = await repository.register(FACTS);
    time.now = NOW - 60_000;
    const edited = await repository.setFacts(child._id, { name: '张四' });
    expect(fact(edited, 'name')).toBe('张四');
  });

  it('gives an adult no number of a child', async () => {
    const { repository } = desk();
    const adult = await repository.register({ ...FACTS, person: 'adult' });
    expect(fact(adult, 'child_code')).toBeNull();
    expect(fact(await repository.register(FACTS), 'child_code')).not.toBeNull();
  });

  it('registers a child with number and card, and fills in who, where and by which clock', async () => {
    const { repository, store, clock } = desk();
    clock.measured('2026-11-23T02:00:01.000Z', NOW, NOW);
    const child = await repository.register(FACTS, '88880001');
    expect(fact(child, 'child_code')).toBe(`${SITE}20260001`);
    expect(fact(child, 'site')).toBe(SITE);
    expect(cards(child)).toEqual(['88880001']);
    const read = await readChild(store.db, child._id);
    expect(read).toEqual(child);
    expect(Object.values(child.events)[0]).toMatchObject({
      at: '2026-11-23T02:00:01.000Z',
      by: 'nurse',
      station: '01K9A3Q6Z0000000000000000S',
      site: SITE,
      offset_ms: 1000,
      app: '0.1.0',
    });
  });

  it('adds events and never drops one; several are one revision', async () => {
    const { repository } = desk();
    const { _id } = await repository.register(FACTS);
    const one = await repository.addEvent(_id, DOSE);
    const three = await repository.addEvents(_id, [
      { kind: 'precheck', date: '2026-11-23', passed: true, temperature: 36.5 },
      { ...DOSE, vaccine: '0101' },
    ]);
    expect(Object.keys(three.events)).toEqual(expect.arrayContaining(Object.keys(one.events)));
    expect(Number(three._rev?.split('-')[0])).toBe(Number(one._rev?.split('-')[0]) + 1);
  });

  it('leaves fields without a value out of an event', async () => {
    const { repository } = desk();
    const { _id } = await repository.register(FACTS);
    const child = await repository.addEvent(_id, {
      ...DOSE,
      number: undefined,
      place: '',
    } as never);
    const [dose] = standing(child, 'dose');
    expect(dose?.event).not.toHaveProperty('number');
    expect(dose?.event).not.toHaveProperty('place');
  });

  it('sets only the fields that differ, and takes a value away', async () => {
    const { repository } = desk();
    const child = await repository.register({ ...FACTS, phone: '13800000000' });
    const same = await repository.setFacts(child._id, { name: '张三' });
    expect(same._rev).toBe(child._rev);
    const next = await repository.setFacts(child._id, { phone: null, remark: 'x' });
    expect(fact(next, 'phone')).toBeNull();
    expect(next.facts.phone?.by).toBe('nurse');
    expect(next.facts.name).toEqual(child.facts.name);
  });

  it('voids an event once', async () => {
    const { repository } = desk();
    const { _id } = await repository.register(FACTS);
    const child = await repository.addEvent(_id, DOSE);
    const [dose] = standing(child, 'dose');
    const after = await repository.void(_id, dose?.id as string, '1', 'wrong child');
    expect(standing(after, 'dose')).toEqual([]);
    expect(after.events).toHaveProperty(dose?.id as string);
    await expect(repository.void(_id, dose?.id as string, '1')).rejects.toMatchObject({
      code: 'Denied',
      params: { code: 'unknown-target' },
    });
  });

  it("leaves a colleague's record, and whether two cases are one, to a senior", async () => {
    const store = createStore(memoryDatabase());
    const [nurse, colleague, senior] = ['nurse', 'colleague', 'senior'].map(
      (by) => desk(store, undefined, by).repository,
    ) as [Repository, Repository, Repository];
    const { _id } = await nurse.register(FACTS);
    const [target] = Object.keys((await nurse.addEvent(_id, DOSE)).events) as [string];
    const refused = { code: 'Denied', params: { code: 'void-of-another' } };
    await expect(colleague.void(_id, target, 'mistake')).rejects.toMatchObject(refused);
    const other = await nurse.register({ ...FACTS, name: '李四' });
    const joined = { kind: 'same_as', target: other._id } as const;
    await expect(nurse.addEvent(_id, joined)).rejects.toMatchObject({
      code: 'Denied',
      params: { code: 'senior-only' },
    });
    await senior.addEvent(_id, joined);
    await senior.void(_id, target, 'mistake');
    const child = (await readChild(store.db, _id)) as ChildDoc;
    expect(Object.values(child.events).map(({ kind }) => kind)).toEqual([
      'dose',
      'same_as',
      'void',
    ]);
  });

  it('writes on top of the winner, shows the events of all leaves, and joins none', async () => {
    const { repository, store } = desk();
    const { _id, _rev } = await repository.register(FACTS);
    const mine = await repository.addEvent(_id, DOSE);
    const start = String(_rev).slice(2);
    await store.db.bulkDocs(
      [
        {
          ...mine,
          events: {
            '01K9A3Q6Z00000000000000E2A': { ...DOSE, vaccine: '0301', site: '3301020002' },
          },
          _rev: '2-ffffffffffffffffffffffffffffffff',
          _revisions: { start: 2, ids: ['ffffffffffffffffffffffffffffffff', start] },
        },
      ],
      { new_edits: false },
    );
    const child = await repository.addEvent(_id, { ...DOSE, vaccine: '0401' });
    expect(
      standing(child, 'dose')
        .map(({ event }) => event.vaccine)
        .sort(),
    ).toEqual(['0201', '0301', '0401']);
    expect(child._rev?.startsWith('3-')).toBe(true);
    // The losing leaf is the server's to close, and what it holds may not be this nurse's to bring.
    const winner = await store.db.get<ChildDoc>(_id, { conflicts: true });
    expect(winner._conflicts).toHaveLength(1);
    expect(standing(winner, 'dose').map(({ event }) => event.vaccine)).toEqual(['0301', '0401']);
  });

  it('brings the event of another leaf when it voids it', async () => {
    const { repository, store } = desk();
    const { _id, _rev } = await repository.register(FACTS);
    const mine = await repository.addEvent(_id, DOSE);
    const [target] = Object.keys(mine.events) as [string];
    const winner = { ...mine, events: {}, _rev: `2-${'f'.repeat(32)}` };
    const _revisions = { start: 2, ids: ['f'.repeat(32), String(_rev).slice(2)] };
    await store.db.bulkDocs([{ ...winner, _revisions }], { new_edits: false });
    await repository.void(_id, target, 'mistake');
    const written = await store.db.get<ChildDoc>(_id);
    expect(Object.values(written.events).map(({ kind }) => kind)).toEqual(['dose', 'void']);
  });

  it('loses nothing when two tabs write at once', async () => {
    const store = createStore(memoryDatabase());
    const [a, b] = [desk(store), desk(store)];
    const { _id } = await a.repository.register(FACTS);
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => [a, b][n % 2]?.repository.addEvent(_id, DOSE)),
    );
    const child = (await readChild(store.db, _id)) as ChildDoc;
    expect(standing(child, 'dose')).toHaveLength(10);
    expect(child._conflicts).toBeUndefined();
  });
});

describe('what is refused', () => {
  const cases: [string, (desk: Desk, id: string) => Promise<unknown>, object][] = [
    [
      'a date in the future',
      ({ repository }, id) => repository.addEvent(id, { ...DOSE, date: '2026-11-25' }),
      { code: 'Denied', params: { code: 'future-date' } },
    ],
    [
      'no date of the calendar',
      ({ repository }, id) => repository.addEvent(id, { ...DOSE, date: '2026-02-30' }),
      { code: 'Denied', params: { code: 'wrong-date' } },
    ],
    [
      'a dose before birth',
      ({ repository }, id) => repository.addEvent(id, { ...DOSE, date: '2026-08-31' }),
      { code: 'Denied', params: { code: 'before-birth' } },
    ],
    [
      'an expired lot',
      ({ repository }, id) => repository.addEvent(id, { ...DOSE, expiry: '2026-11-22' }),
      { code: 'Denied', params: { code: 'lot-expired' } },
    ],
    [
      'a dose from no lot',
      ({ repository }, id) => repository.addEvent(id, { ...DOSE, lot: '' }),
      { code: 'Denied', params: { code: 'no-lot' } },
    ],
    [
      'an unknown child',
      ({ repository }) => repository.addEvent('child:none', DOSE),
      { code: 'UnknownChild' },
    ],
    [
      'an ID number with a wrong check digit',
      ({ repository }, id) => repository.setFacts(id, { id_number: '110101202401010011' }),
      { code: 'Denied', params: { code: 'wrong-check-digit', part: 'fact id_number' } },
    ],
    [
      'a phone that is none',
      ({ repository }, id) => repository.setFacts(id, { phone: 'abc' }),
      { code: 'Denied', params: { code: 'wrong-form', part: 'fact phone' } },
    ],
    [
      'a card that is none',
      ({ repository }, id) =>
        repository.addEvent(id, { kind: 'card', number: '12', state: 'issued' }),
      { code: 'Denied', params: { code: 'wrong-form' } },
    ],
    [
      'a child without a name',
      ({ repository }) => repository.register({ birth_date: '2026-01-01' }),
      { code: 'Denied', params: { code: 'missing-field', part: 'fact name' } },
    ],
    [
      'a child without a birth date',
      ({ repository }) => repository.register({ name: 'x' }),
      { code: 'Denied', params: { code: 'missing-field', part: 'fact birth_date' } },
    ],
    [
      'a birth in the future',
      ({ repository }) => repository.register({ ...FACTS, birth_date: '2027-01-01' }),
      { code: 'Denied', params: { code: 'impossible-birth-date' } },
    ],
    [
      'a card of another child',
      ({ repository }) => repository.register(FACTS, '88880001'),
      { code: 'Denied', params: { code: 'card-taken' } },
    ],
  ];
  it.each(cases)('%s', async (_, work, expected) => {
    const one = desk();
    const { _id } = await one.repository.register(FACTS, '88880001');
    const before = await one.store.sequence();
    await expect(work(one, _id)).rejects.toMatchObject({ name: 'Fault', ...expected });
    expect(await one.store.sequence()).toBe(before);
  });

  it('no dose that was given against a rule, when its reason is told', async () => {
    const { repository } = desk(undefined, 0);
    const { _id } = await repository.register(FACTS);
    const warnings = ['lot-expired', 'lot-empty'];
    const given = { ...DOSE, expiry: '2026-11-22', override: { warnings, reason: 'found later' } };
    expect(standing(await repository.addEvent(_id, given), 'dose')).toHaveLength(1);
  });

  it('a dose from an empty lot', async () => {
    const { repository } = desk(undefined, 0);
    const { _id } = await repository.register(FACTS);
    await expect(repository.addEvent(_id, DOSE)).rejects.toMatchObject({
      code: 'Denied',
      params: { code: 'lot-empty' },
    });
  });

  it('a dose for a child whose birth date nobody knows', async () => {
    const { repository, store } = desk();
    await store.put({ _id: 'child:old', type: 'child', facts: {}, events: {} });
    await expect(repository.addEvent('child:old', DOSE)).rejects.toMatchObject({
      code: 'Denied',
      params: { code: 'no-birth-date' },
    });
  });

  it('everything while the clock is a year off', async () => {
    const { repository, clock, time } = desk();
    const { _id } = await repository.register(FACTS);
    clock.measured('2027-11-23T02:00:00.000Z', time.now, time.now);
    await expect(repository.addEvent(_id, DOSE)).rejects.toMatchObject({ code: 'ClockWrong' });
  });

  it('a write for which there is no room; what is there stays, and it works again with room', async () => {
    const { repository, store } = desk();
    const { _id } = await repository.register(FACTS);
    const { put } = store.db;
    store.db.put = () =>
      Promise.reject({ status: 500, name: 'QuotaExceededError', reason: 'abort' });
    const faults: string[] = [];
    store.onFault(({ code }) => void faults.push(code));
    await expect(repository.addEvent(_id, DOSE)).rejects.toMatchObject({ code: 'StorageFull' });
    expect(faults).toEqual(['StorageFull']);
    store.db.put = put;
    expect(standing(await repository.addEvent(_id, DOSE), 'dose')).toHaveLength(1);
  });
});
