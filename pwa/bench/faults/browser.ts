/**
 * What the tabs of one browser share beside its disk (浏览器): channels, and locks that a tab loses
 * when it is closed or killed.
 */
import type { Channel } from '../../src/storage/store.ts';

interface Waiting {
  tab: object;
  begin: () => void;
}

export class Browser {
  private readonly channels = new Map<string, Set<Channel>>();
  /** The holder of each lock, and those who wait for it. */
  private readonly locks = new Map<string, Waiting[]>();
  private readonly closing = new Map<object, (() => void)[]>();

  /** As a `BroadcastChannel` of this tab. */
  channel(tab: object, name: string): Channel {
    const others = this.channels.get(name) ?? new Set();
    this.channels.set(name, others);
    const close = () => void others.delete(channel);
    const channel: Channel = {
      onmessage: null,
      postMessage(message) {
        if (!others.has(channel)) return;
        for (const other of others) {
          if (other === channel) continue;
          const data = structuredClone(message);
          setTimeout(() => {
            if (others.has(other)) other.onmessage?.({ data } as MessageEvent);
          });
        }
      },
      close,
    };
    others.add(channel);
    this.atClose(tab, close);
    return channel;
  }

  /** As `navigator.locks` of this tab: one holder at a time. */
  locksOf(tab: object): LockManager {
    const request = (name: string, ...rest: unknown[]) => {
      const work = rest.at(-1) as () => Promise<unknown>;
      const { signal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal };
      return new Promise((resolve, reject) => {
        const end = () => this.leave(name, waiting);
        const waiting: Waiting = {
          tab,
          begin() {
            signal?.removeEventListener('abort', give);
            work().finally(end).then(resolve, reject);
          },
        };
        const give = () => {
          end();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', give);
        this.atClose(tab, end);
        const queue = this.locks.get(name) ?? [];
        this.locks.set(name, queue);
        queue.push(waiting);
        if (queue[0] === waiting) waiting.begin();
      });
    };
    return { request } as unknown as LockManager;
  }

  /** The tab is gone: it hears nothing more, and others get its locks. */
  close(tab: object): void {
    const tasks = this.closing.get(tab) ?? [];
    this.closing.delete(tab);
    for (const task of tasks) task();
  }

  private atClose(tab: object, task: () => void): void {
    const tasks = this.closing.get(tab);
    if (tasks) tasks.push(task);
    else this.closing.set(tab, [task]);
  }

  private leave(name: string, waiting: Waiting): void {
    const queue = this.locks.get(name) ?? [];
    const at = queue.indexOf(waiting);
    if (at < 0) return;
    queue.splice(at, 1);
    if (at === 0) queue[0]?.begin();
  }
}
