import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { createIndex } from './child-index.ts';

function child(id: string): ChildDoc {
  return { _id: id, _rev: '1-a', type: 'child', facts: {}, events: {} } as ChildDoc;
}

it('tells of children that come one after the other once', async () => {
  const index = createIndex('3301020001', () => [], null);
  const told: number[] = [];
  index.onChange(() => told.push(index.size()));
  for (let n = 0; n < 50; n++) {
    index.put(child(`child:${n}`));
    // As in a first load, where each child is looked at for conflicts before the next is taken.
    await null;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told).toEqual([50]);
});
