/** Managing accounts (账户管理) and one's own password, through the server's `/api/accounts`. */

import type {
  AccountChange,
  Made,
  ManagedAccount,
  ManagedAccounts,
  NewAccount,
} from '../models/api.ts';

/** Each is a key of the catalogue, below `accounts.fault`. */
export const ACCOUNT_FAULTS = [
  'offline',
  'login',
  'forbidden',
  'gone',
  'exists',
  'ownRights',
  'invalid',
  'tooMany',
  'server',
  'short',
  'long',
  'name',
  'monotone',
  'sequence',
  'old',
  'same',
] as const;
export type AccountFaultCode = (typeof ACCOUNT_FAULTS)[number];

export class AccountFault extends Error {
  override name = 'AccountFault';
  readonly code: AccountFaultCode;

  constructor(code: AccountFaultCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

const BY_STATUS: Readonly<Record<number, AccountFaultCode>> = {
  401: 'login',
  403: 'forbidden',
  404: 'gone',
  422: 'invalid',
  429: 'tooMany',
};

function faultOf(status: number, method: string, answer: unknown): AccountFault {
  const detail = (answer as { detail?: { code?: unknown } } | null)?.detail;
  const code = String(detail?.code ?? '').replace(/^password\./, '');
  const known = ACCOUNT_FAULTS.find((one) => one === code);
  if (known) return new AccountFault(known);
  if (status === 409) return new AccountFault(method === 'POST' ? 'exists' : 'ownRights');
  return new AccountFault(BY_STATUS[status] ?? 'server');
}

export interface Accounts {
  list(): Promise<ManagedAccount[]>;
  add(account: NewAccount): Promise<Made>;
  change(name: string, change: AccountChange): Promise<Made>;
  ownPassword(old: string, next: string): Promise<void>;
}

/** All of it throws {@link AccountFault}. */
export function createAccounts(
  fetcher: (input: string, init?: RequestInit) => Promise<Response> = (input, init) =>
    fetch(input, init),
): Accounts {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await fetcher(`/api/accounts${path}`, {
        method,
        credentials: 'same-origin',
        headers: body === undefined ? {} : { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      throw new AccountFault('offline', { cause: error });
    }
    let answer: unknown = null;
    try {
      answer = text ? JSON.parse(text) : null;
    } catch (error) {
      // A proxy's page instead of an answer.
      throw new AccountFault('server', { cause: error });
    }
    if (!response.ok) throw faultOf(response.status, method, answer);
    return answer as T;
  }
  return {
    list: async () => (await call<ManagedAccounts>('GET', '')).accounts,
    add: (account) => call('POST', '', account),
    change: (name, change) => call('PATCH', `/${encodeURIComponent(name)}`, change),
    ownPassword: (old, next) => call('POST', '/me/password', { old, new: next }),
  };
}
