/**
 * Between a desk and the guardian's window beside it (监护人屏): what is proposed goes one way, what
 * the guardian says the other. Both are windows of one browser, so nothing leaves the device.
 */

/** What is proposed to a guardian: a child's set of today. */
export interface Proposal {
  /** Told apart from an earlier one of the same child. */
  turn: string;
  child: string;
  vaccines: readonly { vaccine: string; dose: number | null; priceFen: number | null }[];
  /** May the guardian consent by the PIN? */
  pin: boolean;
}

/** How a guardian decides. */
export type Decision = { relation: string } & (
  | { by: 'signature'; strokes: string }
  | { by: 'pin'; digits: string }
  | { by: 'declined' }
);

/** What became of a decision. */
export type Answer = 'taken' | 'wrong' | 'locked' | 'none' | 'failed';

export type Message =
  | { type: 'hello' }
  | { type: 'proposed'; proposal: Proposal }
  | { type: 'cleared' }
  | { type: 'decided'; turn: string; decision: Decision }
  | { type: 'answered'; turn: string; answer: Answer; triesLeft: number };

export interface Post {
  postMessage(message: Message): void;
  onmessage: ((event: { data: Message }) => void) | null;
  close(): void;
}

const NAME = 'miaopu-guardian';

export const openPost = (): Post => new BroadcastChannel(NAME) as Post;

export interface DeskSide {
  propose(proposal: Proposal): void;
  answer(answer: Answer, triesLeft?: number): void;
  clear(): void;
  close(): void;
}

/** The desk's end: says again what is proposed to a window that opens later. */
export function deskSide(post: Post, decided: (decision: Decision) => void): DeskSide {
  let now: Proposal | null = null;
  const say = () =>
    post.postMessage(now ? { type: 'proposed', proposal: now } : { type: 'cleared' });
  post.onmessage = ({ data }) => {
    if (data.type === 'hello' && now) say();
    // What was decided of an older set is none of this one.
    if (data.type === 'decided' && data.turn === now?.turn) decided(data.decision);
  };
  return {
    propose(proposal) {
      now = proposal;
      say();
    },
    answer(answer, triesLeft = 0) {
      if (now) post.postMessage({ type: 'answered', turn: now.turn, answer, triesLeft });
    },
    clear() {
      if (!now) return;
      now = null;
      say();
    },
    close() {
      this.clear();
      post.close();
    },
  };
}

export interface GuardianSide {
  decide(turn: string, decision: Decision): void;
  close(): void;
}

/** The guardian's end: asks what is proposed, and says what was decided. */
export function guardianSide(
  post: Post,
  told: {
    proposed: (proposal: Proposal | null) => void;
    answered: (answer: Answer, triesLeft: number) => void;
  },
): GuardianSide {
  let turn: string | null = null;
  post.onmessage = ({ data }) => {
    if (data.type === 'proposed') {
      turn = data.proposal.turn;
      told.proposed(data.proposal);
    }
    if (data.type === 'cleared') {
      turn = null;
      told.proposed(null);
    }
    if (data.type === 'answered' && data.turn === turn) told.answered(data.answer, data.triesLeft);
  };
  post.postMessage({ type: 'hello' });
  return {
    decide: (of, decision) => post.postMessage({ type: 'decided', turn: of, decision }),
    close: () => post.close(),
  };
}
