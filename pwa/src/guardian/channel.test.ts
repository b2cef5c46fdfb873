import { expect, it, vi } from 'vitest';
import {
  type Decision,
  deskSide,
  guardianSide,
  type Message,
  type Post,
  type Proposal,
} from './channel.ts';

/** Ends that hear each other, at once. */
function ends(count: number): Post[] {
  const all: Post[] = [];
  for (let n = 0; n < count; n++) {
    const own: Post = {
      postMessage(data: Message) {
        for (const other of all) if (other !== own) other.onmessage?.({ data });
      },
      onmessage: null,
      close() {
        all.splice(all.indexOf(own), 1);
      },
    };
    all.push(own);
  }
  return all;
}

const proposal = (turn: string): Proposal => ({
  turn,
  child: '张三',
  vaccines: [{ vaccine: '5001', dose: 1, priceFen: 62_600 }],
  pin: true,
});
const signed: Decision = { by: 'signature', relation: 'mother', strokes: 'AABC' };

it('shows what is proposed, also to a window that opens later, and tells what was decided', () => {
  const [desk, early, late] = ends(3) as [Post, Post, Post];
  const decided = vi.fn();
  const shown = vi.fn();
  const answered = vi.fn();
  guardianSide(early, { proposed: shown, answered });
  expect(shown).not.toHaveBeenCalled();
  const side = deskSide(desk, decided);
  side.propose(proposal('1'));
  expect(shown).toHaveBeenLastCalledWith(proposal('1'));

  const second = guardianSide(late, { proposed: shown, answered });
  second.decide('1', signed);
  expect(decided).toHaveBeenCalledExactlyOnceWith(signed);
  side.answer('wrong', 3);
  expect(answered).toHaveBeenCalledWith('wrong', 3);
  side.clear();
  expect(shown).toHaveBeenLastCalledWith(null);
});

it('takes no decision on an older set', () => {
  const [desk, glass] = ends(2) as [Post, Post];
  const decided = vi.fn();
  const side = deskSide(desk, decided);
  const window = guardianSide(glass, { proposed: vi.fn(), answered: vi.fn() });
  side.propose(proposal('1'));
  side.propose(proposal('2'));
  window.decide('1', signed);
  expect(decided).not.toHaveBeenCalled();
  side.close();
  window.decide('2', signed);
  expect(decided).not.toHaveBeenCalled();
});
