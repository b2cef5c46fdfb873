/** The guardian's PIN at a desk (监护人密码): set, checked, unlocked, taken away; each is an event. */
import type { ChildDoc } from '../case/document.ts';
import { isPin, newVerifier, pinStand, pinVerifier } from '../case/pin.ts';
import { useClock } from '../clock/useClock.ts';
import { useRepository } from '../workspace/useChildren.ts';
import { opened } from '../workspace/workspace.ts';

export type PinAnswer = 'right' | 'wrong' | 'locked' | 'none';

export interface UsePin {
  /** Tries a PIN. A wrong one is counted, at every desk that hears of it. */
  check(child: string, digits: string): Promise<{ answer: PinAnswer; triesLeft: number }>;
  set(child: string, digits: string): Promise<ChildDoc>;
  /** For seniors; a locked PIN may be tried again, or is taken away. */
  unlock(child: string, reason: string): Promise<ChildDoc>;
  reset(child: string, reason: string): Promise<ChildDoc>;
}

/** Tries one after the other: two at once would count as one. */
let turn: Promise<unknown> = Promise.resolve();

export function usePin(): UsePin {
  const { today } = useClock();
  const { addEvent } = useRepository();

  async function tried(id: string, digits: string) {
    const child = await opened().get(id);
    const { stand, triesLeft } = child ? pinStand(child) : { stand: 'none', triesLeft: 0 };
    const verifier = child && stand === 'ready' ? pinVerifier(child) : null;
    if (!verifier) return { answer: stand === 'locked' ? 'locked' : 'none', triesLeft } as const;
    if (await isPin(digits, verifier)) return { answer: 'right', triesLeft } as const;
    const after = pinStand(await addEvent(id, { kind: 'pin', date: today(), step: 'wrong' }));
    const answer = after.stand === 'locked' ? 'locked' : 'wrong';
    return { answer, triesLeft: after.triesLeft } as const;
  }

  return {
    check(id, digits) {
      const mine = turn.then(() => tried(id, digits));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async set(id, digits) {
      const verifier = await newVerifier(digits);
      return addEvent(id, { kind: 'pin', date: today(), step: 'set', verifier });
    },
    unlock: (id, reason) => addEvent(id, { kind: 'pin', date: today(), step: 'unlocked', reason }),
    reset: (id, reason) => addEvent(id, { kind: 'pin', date: today(), step: 'reset', reason }),
  };
}
