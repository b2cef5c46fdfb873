import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { createAtHand } from './at-hand.ts';

const child = (id: string, rev: string) => ({ _id: id, _rev: rev }) as ChildDoc;

it('has what was read, until the index knows a newer one', async () => {
  let rev = '1-a';
  const hand = createAtHand(async (id) => (id === 'child:none' ? null : child(id, '1-a')), {
    row: () => ({ rev }) as never,
  });
  expect(hand.atHand('child:1')).toBeNull();
  await hand.get('child:1');
  expect(hand.atHand('child:1')).toEqual(child('child:1', '1-a'));
  rev = '2-b';
  expect(hand.atHand('child:1')).toBeNull();
  rev = '1-a';
  expect(await hand.get('child:none')).toBeNull();
  for (const n of [2, 3, 4, 5]) await hand.get(`child:${n}`);
  expect(hand.atHand('child:1')).toBeNull();
  expect(hand.atHand('child:5')).not.toBeNull();
});
