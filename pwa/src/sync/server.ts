/** Speaks to the server: JSON over HTTP, with a stall guard and one taxonomy of what goes wrong. */

export type FaultKind =
  /** No answer, or one that broke off: the network, a sleeping tablet. Tried again. */
  | 'connectivity'
  /** The server does not know who we are (any more): a password is needed. */
  | 'unauthorised'
  /** The account may not do this, or the request is not to be repeated. */
  | 'refused'
  /** The server fails or talks nonsense: 5xx, a proxy's page, a half-sent answer. Tried again. */
  | 'server'
  /** The browser's storage fails. Tried again, seldom. */
  | 'storage'
  /** Another server answers under this address, or it was set up anew. Stops. */
  | 'recreated';

export class SyncFault extends Error {
  override name = 'SyncFault';
  readonly kind: FaultKind;
  readonly status: number | null;

  constructor(kind: FaultKind, message: string, status: number | null = null, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.status = status;
  }
}

export interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
  /** The longest silence in ms, before the answer and between its pieces. */
  silence?: number;
}

export interface Server {
  /** The answer's JSON. Throws {@link SyncFault}. `path` begins with a slash. */
  json<T>(path: string, request?: Request): Promise<T>;
}

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const SILENCE_MS = 30_000;

const listeners = new Set<() => void>();

/** Called whenever a server did not answer, whoever had asked. Returns how to stop it. */
export function onSilence(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Codes of a cluster that has lost a node, whatever the status: it is well again in seconds. */
const PASSING = /^(nodedown|no_majority|rexi_timeout|timeout)$/;

function faultOf(status: number, reason: string, code?: unknown): SyncFault {
  const text = `${status} ${reason}`.trim();
  if (PASSING.test(String(code))) return new SyncFault('server', text, status);
  if (status === 401) return new SyncFault('unauthorised', text, status);
  if (status === 408 || status === 429 || status >= 500)
    return new SyncFault('server', text, status);
  return new SyncFault('refused', text, status);
}

/** Reads a body to its end; every piece that arrives calls `alive`. */
async function readText(response: Response, alive: () => void): Promise<string> {
  if (!response.body) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(decoder.decode(value, { stream: true }));
    alive();
  }
  pieces.push(decoder.decode());
  return pieces.join('');
}

let isCut = false;

/** Practice (练习模式): while it goes on, nothing of this page reaches any server. */
export function cutOff(cut: boolean): void {
  isCut = cut;
}

/** The one way out of the page. Rejects as a network that is gone does, while it is cut off. */
export const reach: Fetch = (input, init) =>
  isCut ? Promise.reject(new TypeError('practice reaches no server')) : fetch(input, init);

/** A server at `base` (`''`: where the program came from). */
export function createServer(base = '', fetcher: Fetch = reach): Server {
  return {
    async json<T>(path: string, request: Request = {}): Promise<T> {
      const { method = 'GET', body, signal, silence = SILENCE_MS } = request;
      const stop = new AbortController();
      const forward = () => stop.abort(signal?.reason);
      if (signal?.aborted) forward();
      signal?.addEventListener('abort', forward);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(new Error(`nothing heard for ${silence} ms`)), silence);
      };
      alive();
      try {
        const headers: Record<string, string> = { accept: 'application/json' };
        if (body !== undefined) headers['content-type'] = 'application/json';
        const init: RequestInit = {
          method,
          headers,
          credentials: 'same-origin',
          signal: stop.signal,
        };
        if (body !== undefined) init.body = JSON.stringify(body);
        let response: Response;
        let text: string;
        try {
          response = await fetcher(base + path, init);
          alive();
          text = await readText(response, alive);
        } catch (error) {
          // Who has broken it off knows that by himself.
          if (!signal?.aborted) for (const listener of listeners) listener();
          throw new SyncFault('connectivity', 'The server did not answer.', null, error);
        }
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch (error) {
          if (!response.ok) throw faultOf(response.status, response.statusText);
          throw new SyncFault('server', 'The answer is not JSON.', response.status, error);
        }
        if (!response.ok) {
          const said = value as { error?: unknown; reason?: unknown } | null;
          const reason = [said?.error, said?.reason].filter(Boolean).join(': ');
          throw faultOf(response.status, reason, said?.error);
        }
        return value as T;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', forward);
      }
    },
  };
}
