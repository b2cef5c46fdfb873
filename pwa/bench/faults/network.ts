/**
 * The way between a tablet and its server (网络), and what goes wrong on it: nothing arrives, the
 * answer breaks off, the server did it and nobody hears of it, a proxy answers in its place.
 */
import type { Fetch } from '../../src/sync/server.ts';
import type { Random } from './random.ts';

export type Trouble =
  /** The request never arrives. */
  | 'before'
  /** The server does it, and its answer is lost. */
  | 'after'
  /** The connection ends in the middle of the answer. */
  | 'middle'
  /** A proxy takes half of the answer for the whole. */
  | 'half'
  | '500'
  | '502'
  /** A page of some captive portal, with status 200. */
  | 'page'
  | 'slow';

const TROUBLES: readonly Trouble[] = [
  'before',
  'after',
  'middle',
  'half',
  '500',
  '502',
  'page',
  'slow',
];

export interface Network {
  fetch: Fetch;
  /** How likely a request meets trouble; 1 and more: there is no network. */
  risk: number;
  /** The tablet is gone: nothing is sent any more and nobody hears an answer. */
  cut(): void;
  /** The tablet sleeps: what is under way breaks off, which it learns when it wakes. */
  sleep(until: Promise<void>): void;
  /** Requests that met each trouble. */
  met: Map<string, number>;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const never = new Promise<never>(() => {});
const lost = () => new TypeError('fetch failed');

function brokenOff(bytes: Uint8Array<ArrayBuffer>, headers: Headers, status: number): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (sent) controller.error(lost());
      else controller.enqueue(bytes.slice(0, bytes.length >> 1));
      sent = true;
    },
  });
  return new Response(body, { status, headers });
}

export interface NetworkOptions {
  /** Where the server is; it may change its address. */
  address: () => string;
  /** The session's cookie. */
  cookie: () => string;
  random: Random;
}

export function createNetwork({ address, cookie, random }: NetworkOptions): Network {
  let alive = true;
  let asleep: Promise<void> = Promise.resolve();
  /** Grows with each sleep: what began before the last one is lost. */
  let sleeps = 0;
  const network: Network = {
    risk: 0,
    met: new Map(),
    cut() {
      alive = false;
    },
    sleep(until) {
      sleeps++;
      asleep = until;
    },
    async fetch(path, init = {}) {
      await asleep;
      if (!alive) return never;
      const send = async () => {
        const begun = sleeps;
        const headers = new Headers(init.headers);
        headers.set('cookie', cookie());
        const answer = await fetch(address() + path, { ...init, headers });
        await asleep;
        if (alive && begun === sleeps) return answer;
        await answer.body?.cancel();
        if (alive) throw lost();
        return never;
      };
      const { risk } = network;
      const longpoll = path.includes('longpoll');
      const trouble = random.next() < risk ? (risk >= 1 ? 'before' : random.pick(TROUBLES)) : null;
      if (trouble === null) return send();
      network.met.set(trouble, (network.met.get(trouble) ?? 0) + 1);
      // Waiting for news breaks off as a connection does when its tablet falls asleep.
      if (longpoll || trouble === 'before') {
        await pause(random.int(0, 3));
        throw lost();
      }
      if (trouble === '500') return new Response('{"error":"internal"}', { status: 500 });
      if (trouble === '502') return new Response('<html>Bad Gateway</html>', { status: 502 });
      if (trouble === 'page') return new Response('<!doctype html><title>WLAN</title>');
      const answer = await send();
      if (trouble === 'slow') {
        await pause(random.int(5, 60));
        return alive ? answer : never;
      }
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (!alive) return never;
      if (trouble === 'after') throw lost();
      const plain = new Headers({ 'content-type': 'application/json' });
      if (trouble === 'middle') return brokenOff(bytes, plain, answer.status);
      return new Response(bytes.slice(0, bytes.length >> 1), {
        status: answer.status,
        headers: plain,
      });
    },
  };
  return network;
}
