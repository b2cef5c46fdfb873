/**
 * Speaks with the device bridge (外设桥) of this PC: its events over a WebSocket, pairing and print
 * jobs over HTTP. The program works on without it, so nothing here ever throws at a page that does
 * not ask: states are shown, and only an order that a person gave can fail.
 */

import type {
  BothLanguages,
  BridgeEvent,
  Calibration,
  PrinterShown,
  PrintJob,
  PrintRequest,
} from './generated.ts';

export const DEFAULT_ADDRESS = 'http://127.0.0.1:17390';
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
/** The bridge beats every 15 s; three that fail to come mean that it is gone. */
const SILENCE_MS = 50_000;
const NOT_PAIRED = 4401;

export type BridgeState =
  /** Not in use on this device. */
  | 'off'
  | 'connecting'
  | 'connected'
  /** The bridge forgot this browser, or never knew it. */
  | 'unpaired'
  /** Not running, or the browser does not let the page reach it. */
  | 'unreachable';

/** An order to the bridge that failed. `code` is the bridge's, or `bridge.unreachable`. */
export class BridgeError extends Error {
  override name = 'BridgeError';
  readonly code: string;
  readonly text: BothLanguages | null;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: string, text: BothLanguages | null = null, more: Record<string, unknown> = {}) {
    super(code);
    this.code = code;
    this.text = text;
    this.more = more;
  }
}

/** The part of `WebSocket` that is used. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface BridgeOptions {
  address: string;
  token: string | null;
  socket: (url: string) => Socket;
  fetcher: (url: string, init: RequestInit) => Promise<Response>;
  onEvent: (event: BridgeEvent) => void;
  onState: (state: BridgeState) => void;
}

export class BridgeClient {
  private socket: Socket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private stopped = true;
  private token: string | null;
  private readonly options: BridgeOptions;

  constructor(options: BridgeOptions) {
    this.options = options;
    this.token = options.token;
  }

  /** Connects and stays connected, waiting longer after each failure. */
  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.failures = 0;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.options.onState('off');
  }

  /** Whether a bridge answers at all, and knows this browser. Throws {@link BridgeError}. */
  health(): Promise<{ version: string; paired: boolean }> {
    return this.call('GET', '/health');
  }

  /** Trades the six digits that the bridge shows for a token. Throws {@link BridgeError}. */
  async pair(code: string): Promise<string> {
    const { token } = await this.call<{ token: string }>('POST', '/pair', { code });
    this.token = token;
    if (!this.stopped) this.reconnect();
    return token;
  }

  /** Forgets this browser on the bridge. */
  async unpair(): Promise<void> {
    await this.call('DELETE', '/pair');
    this.token = null;
  }

  /** Prints one form; waits a little for the outcome. Throws {@link BridgeError}. */
  print(wanted: PrintRequest): Promise<PrintJob> {
    return this.call('POST', '/print?wait=20', wanted);
  }

  /** The printers of this PC, each with the forms that it prints. Throws {@link BridgeError}. */
  printers(): Promise<PrinterShown[]> {
    return this.call('GET', '/printers');
  }

  /** How a job stands. Throws {@link BridgeError}. */
  job(id: string): Promise<PrintJob> {
    return this.call('GET', `/jobs/${encodeURIComponent(id)}`);
  }

  /** Prints the test grid, of a page of that size. Throws {@link BridgeError}. */
  async printGrid(printer: string, width: number, height: number): Promise<void> {
    const size = `width_mm=${Math.floor(width)}&height_mm=${Math.floor(height)}`;
    await this.call('POST', `/printers/${encodeURIComponent(printer)}/test?${size}`);
  }

  /** Keeps what was measured of a printer. Throws {@link BridgeError}. */
  async calibrate(printer: string, measured: Calibration): Promise<void> {
    await this.call('PUT', `/printers/${encodeURIComponent(printer)}/calibration`, measured);
  }

  /** Writes the number to the next card that is swiped, and reads it back from the one after it.
   * Throws {@link BridgeError} when the card does not hold it. */
  async writeCard(number: string): Promise<void> {
    await this.call('POST', '/card', { number });
  }

  /** Nobody waits any more for the card that was to be written. */
  async stopWriting(): Promise<void> {
    await this.call('DELETE', '/card');
  }

  /** Opens the PIN pad; false when none here can be asked. Throws {@link BridgeError}. */
  async askPin(again: boolean): Promise<boolean> {
    return (await this.call<{ asked: boolean }>('POST', '/pin', { again })).asked;
  }

  async closePad(): Promise<void> {
    await this.call('DELETE', '/pin');
  }

  /** The evaluator asks for a rating; false when none here can be asked. */
  async askRating(): Promise<boolean> {
    return (await this.call<{ asked: boolean }>('POST', '/rating')).asked;
  }

  /** The PDF of a job whose printer makes one. */
  async pdf(path: string): Promise<Blob> {
    const response = await this.request('GET', path);
    if (!response.ok) throw await failure(response);
    return response.blob();
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.request(method, path, body);
    if (!response.ok) throw await failure(response);
    return (await response.json()) as T;
  }

  private async request(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = {};
    if (body) headers['content-type'] = 'application/json';
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const init: RequestInit = { method, headers, credentials: 'omit', cache: 'no-store' };
    if (body) init.body = JSON.stringify(body);
    try {
      return await this.options.fetcher(this.options.address + path, init);
    } catch {
      // A browser does not tell a page whether nothing listens or whether it was not let through.
      throw new BridgeError('bridge.unreachable');
    }
  }

  private connect(): void {
    if (this.token === null) {
      this.options.onState('unpaired');
      return;
    }
    this.options.onState(this.failures ? 'unreachable' : 'connecting');
    const url = `${this.options.address.replace(/^http/, 'ws')}/events`;
    let socket: Socket;
    try {
      socket = this.options.socket(url);
    } catch {
      this.again();
      return;
    }
    this.socket = socket;
    this.listenForSilence(socket);
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token: this.token }));
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.listenForSilence(socket);
      const event = parse(data);
      if (!event) return;
      if (event.type === 'hello') {
        this.failures = 0;
        this.options.onState('connected');
      }
      this.options.onEvent(event);
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.socket = null;
      clearTimeout(this.silence);
      if (code === NOT_PAIRED) this.options.onState('unpaired');
      else this.again();
    };
  }

  private again(): void {
    if (this.stopped) return;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 60_000;
    this.failures += 1;
    this.options.onState('unreachable');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private reconnect(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.failures = 0;
    this.connect();
  }

  private listenForSilence(socket: Socket): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      if (this.socket !== socket) return;
      this.socket = null;
      socket.close();
      this.again();
    }, SILENCE_MS);
  }
}

function parse(data: unknown): BridgeEvent | null {
  try {
    const event: unknown = JSON.parse(String(data));
    const known = event !== null && typeof event === 'object' && 'type' in event;
    return known ? (event as BridgeEvent) : null;
  } catch {
    // Something else listens on that port; its words mean nothing here.
    return null;
  }
}

async function failure(response: Response): Promise<BridgeError> {
  try {
    const { code, message, ...more } = (await response.json()) as {
      code?: string;
      message?: BothLanguages;
    };
    return new BridgeError(code ?? `http.${response.status}`, message ?? null, more);
  } catch {
    return new BridgeError(`http.${response.status}`);
  }
}
