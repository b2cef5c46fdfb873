import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BridgeClient, BridgeError, type BridgeState, type Socket } from './bridge-client';
import type { BridgeEvent } from './generated.ts';

/** A WebSocket that the test plays. */
class PlayedSocket implements Socket {
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  sent: unknown[] = [];
  closed = false;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.closed = true;
  }

  says(event: object | string): void {
    this.onmessage?.({ data: typeof event === 'string' ? event : JSON.stringify(event) });
  }
}

function setup(token: string | null = 'secret') {
  const sockets: PlayedSocket[] = [];
  const states: BridgeState[] = [];
  const events: BridgeEvent[] = [];
  const fetcher = vi.fn<(url: string, init: RequestInit) => Promise<Response>>();
  const client = new BridgeClient({
    address: 'http://127.0.0.1:17390',
    token,
    socket: (url) => {
      const socket = new PlayedSocket(url);
      sockets.push(socket);
      return socket;
    },
    fetcher,
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
  });
  const socket = () => {
    const last = sockets.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  };
  return { client, sockets, socket, states, events, fetcher };
}

const answer = (body: object, status = 200) => new Response(JSON.stringify(body), { status });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('events', () => {
  it('authenticates with its first message and hands on what it hears', () => {
    const { client, socket, states, events } = setup();
    client.start();
    expect(socket().url).toBe('ws://127.0.0.1:17390/events');
    socket().onopen?.();
    expect(socket().sent).toEqual([{ type: 'auth', token: 'secret' }]);
    socket().says({ type: 'hello', version: '0.1.0', devices: [] });
    socket().says({ type: 'card', reader: 'r1', track2: '510402000120260001' });
    expect(states).toEqual(['connecting', 'connected']);
    expect(events.map((event) => event.type)).toEqual(['hello', 'card']);
  });

  it('does not break on garbage', () => {
    const { client, socket, events } = setup();
    client.start();
    socket().says('<html>');
    socket().says('null');
    socket().says('7');
    expect(events).toEqual([]);
  });

  it('opens nothing before it is paired', () => {
    const { client, sockets, states } = setup(null);
    client.start();
    expect(sockets).toEqual([]);
    expect(states).toEqual(['unpaired']);
  });

  it('does not try again when the bridge does not know it', () => {
    const { client, sockets, socket, states } = setup();
    client.start();
    socket().onclose?.({ code: 4401 });
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
    expect(states.at(-1)).toBe('unpaired');
  });
});

describe('a bridge that goes away', () => {
  it('is tried again, later after each failure', () => {
    const { client, sockets, socket, states } = setup();
    client.start();
    socket().onclose?.({ code: 1006 });
    expect(states.at(-1)).toBe('unreachable');
    vi.advanceTimersByTime(999);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
    socket().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(1_999);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(3);
  });

  it('is noticed when its heartbeat stops', () => {
    const { client, sockets, socket, states } = setup();
    client.start();
    socket().says({ type: 'hello', version: '0.1.0', devices: [] });
    vi.advanceTimersByTime(40_000);
    socket().says({ type: 'heartbeat' });
    vi.advanceTimersByTime(40_000);
    expect(states.at(-1)).toBe('connected');
    vi.advanceTimersByTime(11_000);
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it('is left alone after stop', () => {
    const { client, sockets, socket, states } = setup();
    client.start();
    const first = socket();
    client.stop();
    first.onclose?.({ code: 1000 });
    vi.advanceTimersByTime(120_000);
    expect(sockets).toHaveLength(1);
    expect(states.at(-1)).toBe('off');
  });
});

describe('orders', () => {
  it('pairs, connects, and prints with the token', async () => {
    const { client, sockets, fetcher } = setup(null);
    client.start();
    fetcher.mockResolvedValueOnce(answer({ token: 'fresh', origin: 'http://localhost' }));
    expect(await client.pair('123456')).toBe('fresh');
    expect(sockets).toHaveLength(1);
    fetcher.mockResolvedValueOnce(
      answer({ id: 'j1', state: 'done', reason: '', message: '', pdf: null }, 202),
    );
    const job = await client.print({ template: 'notice', data: { a: 1 }, lang: 'zh' });
    expect(job.state).toBe('done');
    const [url, init] = fetcher.mock.calls[1] ?? [];
    expect(url).toBe('http://127.0.0.1:17390/print?wait=20');
    expect(init?.headers).toMatchObject({ authorization: 'Bearer fresh' });
    expect(JSON.parse(String(init?.body))).toEqual({
      template: 'notice',
      data: { a: 1 },
      lang: 'zh',
    });
  });

  it('fail with the bridge’s own words', async () => {
    const { client, fetcher } = setup(null);
    const message = { zh: 'zh words', en: 'en words' };
    fetcher.mockResolvedValueOnce(answer({ code: 'pair.wrong_code', message, tries_left: 3 }, 403));
    const error = await client.pair('000000').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({
      code: 'pair.wrong_code',
      text: message,
      more: { tries_left: 3 },
    });
  });

  it('say when nothing answers, and when it is not a bridge', async () => {
    const { client, fetcher } = setup();
    fetcher.mockRejectedValueOnce(new TypeError('Failed to fetch'));
    await expect(client.health()).rejects.toMatchObject({ code: 'bridge.unreachable' });
    fetcher.mockResolvedValueOnce(new Response('<html>', { status: 404 }));
    await expect(client.health()).rejects.toMatchObject({ code: 'http.404' });
  });
});
