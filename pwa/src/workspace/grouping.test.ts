import { expect, it } from 'vitest';
import { memoryDatabase } from '../../testing/model-server.ts';
import { type ChildDoc, isChildId, standing } from '../case/document.ts';
import { mergeLeaves } from '../case/leaves.ts';
import { createClock } from '../clock/clock.ts';
import { createUlid } from '../ids/ulid.ts';
import { type Follower, follow } from '../storage/follow.ts';
import { createStore } from '../storage/store.ts';
import { type ChildIndex, createIndex } from './child-index.ts';
import { createGrouping } from './grouping.ts';
import { createRepository } from './repository.ts';
import type { Snapshot } from './snapshot.ts';

const SITE = '3301020001';
const DOSE = { kind: 'dose', date: '2026-11-20', vaccine: '0101', origin: 'history' } as const;

function desk(store = createStore(memoryDatabase()), snapshot?: Snapshot) {
  const index = createIndex(SITE, () => [], snapshot ?? null);
  const grouping = createGrouping(store.db, index);
  const follower = follow(store, snapshot?.covered ?? 0, async (docs) => {
    for (const doc of docs) {
      if (isChildId(doc._id)) {
        await grouping.take(await mergeLeaves(store.db, doc as unknown as ChildDoc));
      }
    }
  });
  const keep = new Map<string, string>();
  const clock = createClock(
    { getItem: (key) => keep.get(key) ?? null, setItem: (key, value) => void keep.set(key, value) },
    () => Date.parse('2026-11-23T02:00:00.000Z'),
  );
  const repository = createRepository({
    store,
    clock,
    ulid: createUlid(),
    author: { by: 'nurse', station: '01K9A3Q6Z0000000000000000S', site: SITE, app: '0.1.0' },
    senior: () => true,
    holder: { card: index.byCard, idNumber: index.byIdNumber },
    numbered: (_, work) => work(null),
    members: grouping.members,
    seen: follower.catchUp,
  });
  return { store, index, grouping, repository, follower };
}

function rowsOf({ index, follower }: { index: ChildIndex; follower: Follower }): Snapshot {
  return { covered: follower.covered(), rows: [...index.rows()] };
}

const FACTS = { name: '张三', sex: 'M', birth_date: '2026-09-01' } as const;

async function joined() {
  const at = desk();
  const { repository } = at;
  const provisional = await repository.register(FACTS, '88880001', true);
  const other = await repository.register({ ...FACTS, phone: '13900000000' });
  await repository.addEvent(provisional._id, { ...DOSE, vaccine: '0201' });
  await repository.addEvent(other._id, DOSE);
  const both = await repository.addEvent(provisional._id, { kind: 'same_as', target: other._id });
  return { ...at, provisional, other, both };
}

it('shows joined cases as one child, by whatever it is looked for', async () => {
  const { index, grouping, provisional, other } = await joined();
  expect(index.size()).toBe(1);
  expect(index.byCard('88880001')).toBe(other._id);
  expect(index.row(provisional._id)?.id).toBe(other._id);
  const whole = (await grouping.read(provisional._id)) as ChildDoc;
  expect(whole._id).toBe(other._id);
  expect(standing(whole, 'dose')).toHaveLength(2);
  expect((await grouping.readAll([other._id])).map(({ _id }) => _id)).toEqual([other._id]);
});

it('knows the numbers of all cases that make a child, so that none is given again', async () => {
  const { index, repository } = desk();
  const codes = [`${SITE}20260000`, `${SITE}20260001`] as const;
  const one = await repository.register({ ...FACTS, child_code: codes[0] });
  const two = await repository.register({ ...FACTS, child_code: codes[1] });
  await repository.addEvent(two._id, { kind: 'same_as', target: one._id });
  expect(index.size()).toBe(1);
  expect(codes.map((code) => index.byCode(code))).toEqual([one._id, one._id]);
  expect(index.search(codes[1]).map(({ id }) => id)).toEqual([one._id]);
});

it('voids what stands in a joined case there, and parts the cases again', async () => {
  const { store, index, grouping, repository, provisional, other } = await joined();
  const whole = (await grouping.read(other._id)) as ChildDoc;
  const dose = standing(whole, 'dose').find(({ event }) => event.vaccine === '0201');
  await repository.void(other._id, dose?.id as string, 'duplicate');
  const there = await store.db.get<ChildDoc>(provisional._id);
  expect(Object.values(there.events).some(({ kind }) => kind === 'void')).toBe(true);

  const link = standing(whole, 'same_as')[0];
  await repository.void(other._id, link?.id as string, 'wrong_entry');
  expect(index.size()).toBe(2);
  expect(index.row(provisional._id)?.id).toBe(provisional._id);
  expect(index.byCard('88880001')).toBe(provisional._id);
  const alone = (await grouping.read(other._id)) as ChildDoc;
  expect(standing(alone, 'dose')).toHaveLength(1);
});

it('knows from its snapshot which cases are joined, and parts them still', async () => {
  const before = await joined();
  const after = desk(before.store, rowsOf(before));
  await after.follower.catchUp();
  expect(after.index.row(before.provisional._id)?.id).toBe(before.other._id);
  const whole = (await after.grouping.read(before.other._id)) as ChildDoc;
  const link = standing(whole, 'same_as')[0];
  await after.repository.void(before.other._id, link?.id as string, 'wrong_entry');
  expect(after.index.size()).toBe(2);
});

it('shows a case under its own name while the other one is not here', async () => {
  const { index, repository, grouping } = desk();
  const { _id } = await repository.register(FACTS);
  const absent = 'child:01K9A3Q6Z0000000000000000A';
  await repository.addEvent(_id, { kind: 'same_as', target: absent });
  expect(index.size()).toBe(1);
  expect((await grouping.read(absent))?._id).toBe(_id);
});
