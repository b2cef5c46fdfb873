/** The live phase (实时): listens to the server and pushes until something breaks or somebody asks. */
import type { Store } from '../storage/store.ts';
import type { Alarm } from './alarm.ts';
import type { Board } from './board.ts';
import type { Outbox } from './outbox.ts';
import type { Puller } from './pull.ts';

/** How long it lasts before the next whole round. */
const LIVE_MS = 5 * 60_000;
const LONGPOLL_MS = 25_000;
const DEBOUNCE_MS = 250;

export interface LiveParts {
  store: Store;
  outbox: Outbox;
  puller: Puller;
  board: Board;
  alarm: Alarm;
  pushAll: (signal: AbortSignal) => Promise<void>;
}

/** Resolves when it is time for a round; throws what has broken. */
export async function live(parts: LiveParts, outer: AbortSignal): Promise<void> {
  const { store, outbox, puller, board, alarm, pushAll } = parts;
  const end = new AbortController();
  const stop = () => end.abort();
  outer.addEventListener('abort', stop);
  const timer = setTimeout(stop, LIVE_MS);
  const silence = alarm.onRing(stop);
  let debounce: ReturnType<typeof setTimeout> | undefined;
  let pushing: Promise<void> = Promise.resolve();
  let failure: unknown = null;
  const fail = (error: unknown) => {
    if (!end.signal.aborted) failure = error;
    stop();
  };
  /** One after the other. */
  const send = () => {
    pushing = pushing.then(() => pushAll(end.signal)).catch(fail);
    return pushing;
  };
  const unfollow = store.onChange((filled) => {
    if (filled) return;
    clearTimeout(debounce);
    debounce = setTimeout(() => void send(), DEBOUNCE_MS);
  });
  try {
    // A signal that went off before says nothing to who listens now.
    if (alarm.kicked() || outer.aborted) stop();
    // What was written while the round ended.
    await send();
    while (!end.signal.aborted) {
      const news = await puller.wait(end.signal, LONGPOLL_MS);
      board.heard();
      // Perhaps it settles a denial.
      if (news && outbox.refused().length > 0) void send();
    }
  } catch (error) {
    fail(error);
  } finally {
    clearTimeout(timer);
    clearTimeout(debounce);
    unfollow();
    outer.removeEventListener('abort', stop);
    silence();
    stop();
    await pushing;
  }
  if (failure) throw failure;
}
