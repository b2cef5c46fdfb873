// @vitest-environment happy-dom
import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { indexedDbName, openDatabase } from './database.ts';
import { openFill } from './fill.ts';
import { createStore } from './store.ts';

const REV = '3-0123456789abcdef0123456789abcdef';
const docs = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    _id: `child:${String(from + n).padStart(26, '0')}`,
    _rev: REV,
    type: 'child',
    facts: { name: { value: '张', at: '', by: '' } },
    events: {},
  }));

async function filled(name: string) {
  const db = await openDatabase(name);
  const fill = await openFill(indexedDbName(name));
  if (!fill) throw new Error('the layout of the adapter has changed');
  return { db, fill };
}

it('leaves the database as bulkDocs would', async () => {
  const { db, fill } = await filled('fill-same');
  const other = await openDatabase('fill-other');
  await db.put({ _id: 'settings:1' });
  await other.put({ _id: 'settings:1' });
  expect(await fill(docs(0, 600))).toEqual({ from: 1, to: 601 });
  await other.bulkDocs(docs(0, 600), { new_edits: false });
  const options = { include_docs: true, conflicts: true };
  const seen = async (one: typeof db) => ({
    all: (await one.allDocs(options)).rows.slice(0, 600),
    changes: (await one.changes({ since: 1, include_docs: true, style: 'all_docs' })).results,
    count: (await one.info()).doc_count,
    sequence: (await one.info()).update_seq,
    revs: await one.get(docs(7, 1)[0]?._id as string, { revs: true }),
    diff: await one.revsDiff({ [docs(7, 1)[0]?._id as string]: [REV, '4-a'] }),
  });
  expect(await seen(db)).toEqual(await seen(other));
}, 30_000);

it('lets PouchDB go on from there: edits, histories that join, new documents', async () => {
  const { db, fill } = await filled('fill-edit');
  await fill(docs(0, 3));
  const doc = await db.get(docs(0, 1)[0]?._id as string);
  const { rev } = await db.put({ ...doc, note: 'edited' });
  const edited = await db.get(doc._id, { revs: true });
  expect(edited._revisions).toEqual({ start: 4, ids: [rev.slice(2), REV.slice(2)] });
  await db.bulkDocs(
    [{ ...doc, _rev: '4-ff', _revisions: { start: 4, ids: ['ff', REV.slice(2), 'aa', 'bb'] } }],
    { new_edits: false },
  );
  const both = await db.get(doc._id, { conflicts: true });
  expect([both._rev, ...(both._conflicts ?? [])].sort()).toEqual([rev, '4-ff'].sort());
  await db.put({ _id: 'stock:1' });
  expect(await db.info()).toMatchObject({ doc_count: 4, update_seq: 6 });
});

it('writes nothing when one of the documents is there, and the store goes the ordinary way', async () => {
  const { db, fill } = await filled('fill-there');
  await db.put({ ...docs(5, 1)[0], _rev: undefined });
  expect(await fill(docs(0, 10))).toBeNull();
  expect((await db.info()).doc_count).toBe(1);
  const store = createStore(db, null, fill);
  const result = await store.accept(docs(0, 10), true);
  expect(result.docs).toHaveLength(10);
  expect((await db.info()).doc_count).toBe(10);
});

it('leaves what is not plain to PouchDB', async () => {
  const { fill } = await filled('fill-plain');
  const [doc] = docs(0, 1);
  expect(await fill([{ ...doc, _id: 'child:x', _deleted: true }])).toBeNull();
  expect(await fill([{ ...doc, _id: 'child:x', _revisions: { start: 1, ids: [] } }])).toBeNull();
});
