/** Who is logged in (登录). Online by the server's word; offline by the verifier of this device. */
import { type Ref, shallowRef } from 'vue';
import { deviceClock } from '../clock/useClock.ts';
import type { OwnAccount } from '../models/api.ts';
import type { Settings } from '../models/generated.ts';
import { createServer, cutOff, type Server, SyncFault } from '../sync/server.ts';
import { noteLeaving, takeReloaded } from './reload.ts';
import { isSenior } from './rights.ts';
import { dropClosed } from './standing.ts';
import { type LoginResult, type User, userOf } from './user.ts';
import { createVerifiers, type OfflineDays, type Verifiers } from './verifier.ts';
import { documentsVersion, openCatalog, openWorkspace, workspace } from './workspace.ts';

export type { Grade, LoginResult, User } from './user.ts';

const OFFLINE_DAYS = 14;
const OFFLINE_KEY = 'miaopu.offline-days.';

const user = shallowRef<User | null>(null);
/** The server did not want the account any more that was logged in last. */
const closed = shallowRef(false);
/** The server asks for the password again; work goes on meanwhile. */
const passwordNeeded = shallowRef(false);

interface SessionAnswer {
  name: string | null;
  roles: string[];
}

export interface LoginParts {
  server: Server;
  verifiers: Verifiers;
  offlineDays: OfflineDays;
  now: () => number;
}

/** Decides on a login; opens nothing. */
export async function authenticate(
  { server, verifiers, offlineDays, now }: LoginParts,
  name: string,
  password: string,
): Promise<{ user: User } | Extract<LoginResult, { ok: false }>> {
  const until = verifiers.lockedUntil(name);
  if (until !== null) return { ok: false, reason: 'locked', until: new Date(until).toISOString() };
  let answer: SessionAnswer;
  try {
    answer = await server.json<SessionAnswer>('/db/_session', {
      method: 'POST',
      body: { name, password },
      silence: 10_000,
    });
    if (answer?.name !== name || !Array.isArray(answer.roles)) {
      throw new SyncFault('server', 'The answer does not name the account.', 200);
    }
  } catch (error) {
    const fault = error instanceof SyncFault ? error : null;
    if (fault?.kind === 'unauthorised') {
      // The right password of yesterday is refused: the account was closed or its password changed.
      if (await verifiers.matches(name, password)) verifiers.forget(name);
      else verifiers.failed(name);
      return { ok: false, reason: 'wrong_password' };
    }
    // CouchDB's word for an account that is locked after wrong passwords is 403.
    if (fault?.status === 429 || fault?.status === 403) {
      return { ok: false, reason: 'locked', until: new Date(now() + 60_000).toISOString() };
    }
    const verdict = await verifiers.verify(name, password, offlineDays);
    if (verdict.ok) {
      const known = userOf(name, verdict.displayName, verdict.roles, true);
      return known ? { user: known } : { ok: false, reason: 'no_role' };
    }
    if (verdict.reason === 'locked') {
      return { ok: false, reason: 'locked', until: new Date(verdict.until).toISOString() };
    }
    // A server that fails is another message than no server at all.
    if (verdict.reason === 'unknown_offline' && fault?.kind !== 'connectivity') {
      return { ok: false, reason: 'server_error' };
    }
    return { ok: false, reason: verdict.reason };
  }
  const record = await server.json<OwnAccount>('/api/accounts/me').catch((error: unknown) => {
    // The name on forms falls back to the account's.
    if (error instanceof SyncFault) return {} as OwnAccount;
    throw error;
  });
  const known = userOf(name, record.display_name ?? name, answer.roles, false);
  if (!known) {
    verifiers.forget(name);
    return { ok: false, reason: 'no_role' };
  }
  await verifiers.remember(name, password, answer.roles, known.displayName, record.ticket);
  return { user: known };
}

/** The clinic's parameter (离线登录天数), as its settings said when they were last seen here. */
const offlineDays: OfflineDays = (roles) => {
  const site = userOf('', '', roles, true)?.site ?? null;
  const days = Number((site && localStorage.getItem(OFFLINE_KEY + site)) || OFFLINE_DAYS);
  return Number.isFinite(days) && days > 0 ? days : OFFLINE_DAYS;
};

function keepOfflineDays(): void {
  const { site, documents } = workspace.value ?? {};
  const settings = documents?.get<Settings>(`settings:${site}`);
  if (settings?.offline_days) localStorage.setItem(OFFLINE_KEY + site, `${settings.offline_days}`);
}

/** Logins and logouts one after the other: what a logout still takes away is not the next one's. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = turn.then(work, work);
  turn = mine;
  return mine;
}

async function leave(): Promise<void> {
  user.value = null;
  passwordNeeded.value = false;
  await workspace.value?.close();
  cutOff(false);
  try {
    await createServer().json('/db/_session', { method: 'DELETE', silence: 5000 });
  } catch (error) {
    // The cookie is the server's to take back; without a server it is of no use to anybody.
    if (!(error instanceof SyncFault)) throw error;
  }
}

function logout(): Promise<void> {
  keepOfflineDays();
  user.value = null;
  return inTurn(leave);
}

const login = (name: string, password: string) => inTurn(() => enter(name, password));

async function enter(name: string, password: string): Promise<LoginResult> {
  const verifiers = createVerifiers(localStorage, deviceClock().now);
  const result = await authenticate(
    { server: createServer(), verifiers, offlineDays, now: Date.now },
    name,
    password,
  );
  if (!('user' in result)) {
    // An account that the server does not want any more is out, wherever it stands.
    if (user.value?.name === name && !verifiers.names().includes(name)) {
      keepOfflineDays();
      await leave();
    }
    return result;
  }
  await admit(result.user, verifiers);
  return { ok: true };
}

/** Opens what the account works with. */
async function admit(next: User, verifiers: Verifiers): Promise<void> {
  passwordNeeded.value = false;
  closed.value = false;
  const open = workspace.value;
  if (open && open.user.name === next.name && open.site === next.site) {
    user.value = next;
    void open.engine.syncNow();
    return;
  }
  await open?.close();
  if (next.site === null) await openCatalog();
  else {
    const out = () => {
      verifiers.forget(next.name);
      closed.value = true;
      void logout();
    };
    await openWorkspace(next, {
      senior: () => isSenior(user.value),
      async contact(signal) {
        const gone = await dropClosed(createServer(), verifiers, signal);
        if (gone.includes(next.name)) out();
      },
      confirmed(roles) {
        const now = userOf(next.name, next.displayName, roles, false);
        if (now?.site !== next.site) {
          out();
          return;
        }
        verifiers.confirmed(next.name, roles);
        passwordNeeded.value = false;
        user.value = now;
        keepOfflineDays();
      },
      lost() {
        passwordNeeded.value = true;
      },
    });
  }
  user.value = next;
  documentsVersion.value++;
}

/** What the server says of the account behind the cookie; null without it, or when it is another. */
async function byCookie(name: string, displayName: string): Promise<User | null> {
  try {
    const { userCtx } = await createServer().json<{ userCtx?: SessionAnswer }>('/db/_session', {
      silence: 5000,
    });
    return userCtx?.name === name ? userOf(name, displayName, userCtx.roles, false) : null;
  } catch (error) {
    if (error instanceof SyncFault) return null;
    throw error;
  }
}

/**
 * Whoever was logged in when this page was loaded again goes on (刷新不退出). At a clinic that is as
 * without the server, whose word comes with the first round; a region's pages all need the server.
 */
async function resume(): Promise<void> {
  addEventListener('pagehide', () => noteLeaving(user.value?.name ?? null));
  const name = takeReloaded();
  if (name === null) return;
  const verifiers = createVerifiers(localStorage, deviceClock().now);
  const kept = verifiers.goesOn(name, offlineDays);
  if (!kept) return;
  const before = userOf(name, kept.displayName, kept.roles, true);
  const next = before?.site ? before : await byCookie(name, kept.displayName);
  if (next) await inTurn(() => admit(next, verifiers));
}

/**
 * Practice (练习模式): the clinic's workspace is closed, no server is reached any more, and an empty
 * one is opened. It ends with the logout, which takes it away.
 */
function practise(): Promise<void> {
  return inTurn(async () => {
    const who = user.value;
    if (!who?.site) return;
    keepOfflineDays();
    await workspace.value?.close();
    cutOff(true);
    const nothing = () => {};
    const hooks = { contact: async () => {}, confirmed: nothing, lost: nothing };
    await openWorkspace(who, { ...hooks, senior: () => isSenior(user.value) }, true);
  });
}

export interface UseSession {
  user: Readonly<Ref<User | null>>;
  /** The server asks for the password again: `login` with the same name goes on where it was. */
  passwordNeeded: Readonly<Ref<boolean>>;
  /** The account that was logged in last is out: the server does not want it any more. */
  closed: Readonly<Ref<boolean>>;
  login(name: string, password: string): Promise<LoginResult>;
  logout(): Promise<void>;
  /** Begins to practise on an empty database that reaches nobody; it ends with the logout. */
  practise(): Promise<void>;
  /** Called once, before the first page is shown. */
  resume(): Promise<void>;
  /** Accounts that have logged in on this device. */
  knownNames(): string[];
  /** The person's name behind an account (实名), as far as this device has heard it. */
  nameOf(account: string): string | null;
}

export function useSession(): UseSession {
  return {
    user,
    passwordNeeded,
    closed,
    login,
    logout,
    practise,
    resume,
    knownNames: () => createVerifiers(localStorage, deviceClock().now).names(),
    nameOf(account) {
      const own = user.value?.name === account ? user.value.displayName : account;
      return own === account
        ? createVerifiers(localStorage, deviceClock().now).nameOf(account)
        : own;
    },
  };
}
