/**
 * The tabs of a device (标签页): one of them syncs, the others follow what it tells and ask it for what
 * their user wants.
 */
import type { Channel } from '../storage/store.ts';
import type { SyncStatus } from './types.ts';

type Message =
  | { type: 'status'; status: SyncStatus }
  | { type: 'hello' | 'adopt' }
  /** Another tab asks for a round, and is told of its end by the same token. */
  | { type: 'kick' | 'round'; token: string }
  | { type: 'retry'; id: string };

/** What the tab that syncs does for all. */
export interface Leader {
  kick(): void;
  retry(id: string): void;
  adopt(): Promise<void>;
  status(): SyncStatus;
  /** The storage has failed it. */
  report(error: unknown): void;
}

export interface Tabs {
  /** Is it this tab that syncs? */
  leading(): boolean;
  setLeading(leads: boolean): void;
  /** Tells the others how it stands. */
  tell(status: SyncStatus): void;
  hello(): void;
  /** A round for this tab's user; resolves when it has ended. */
  ask(token: string): Promise<void>;
  retry(id: string): void;
  adopt(): Promise<void>;
  /** Who waits now is answered when the function that is returned is called. */
  asked(): () => void;
  close(): void;
}

/** `repeated` is called with what the leading tab tells. */
export function createTabs(
  channel: Channel | null,
  leader: Leader,
  repeated: (status: SyncStatus) => void,
): Tabs {
  let leads = false;
  /** Who waits for the end of a round that is yet to begin, by token. */
  const waiting = new Map<string, () => void>();
  const post = (message: Message) => channel?.postMessage(message);
  const end = (token: string) => {
    waiting.get(token)?.();
    waiting.delete(token);
  };

  const follow = (message: Message) => {
    if (message.type === 'status') repeated(message.status);
    else if (message.type === 'round') end(message.token);
  };
  const serve = (message: Message) => {
    if (message.type === 'kick') {
      const { token } = message;
      waiting.set(token, () => post({ type: 'round', token }));
      leader.kick();
    } else if (message.type === 'hello') {
      post({ type: 'status', status: leader.status() });
      // Who has logged in there is whom the server knows now, for all tabs.
      leader.kick();
    } else if (message.type === 'retry') leader.retry(message.id);
    else if (message.type === 'adopt') leader.adopt().catch(leader.report);
  };
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Message>) => (leads ? serve(data) : follow(data));
  }

  return {
    leading: () => leads,
    setLeading(now) {
      leads = now;
    },
    tell(status) {
      if (leads) post({ type: 'status', status });
    },
    hello: () => post({ type: 'hello' }),
    ask: (token) =>
      new Promise<void>((resolve) => {
        waiting.set(token, resolve);
        if (leads) leader.kick();
        else post({ type: 'kick', token });
      }),
    retry: (id) => (leads ? leader.retry(id) : post({ type: 'retry', id })),
    async adopt() {
      if (leads) await leader.adopt();
      else post({ type: 'adopt' });
    },
    asked() {
      const now = [...waiting.keys()];
      return () => {
        for (const token of now) end(token);
      };
    },
    close() {
      for (const token of [...waiting.keys()]) end(token);
      channel?.close();
    },
  };
}
