/**
 * Proof of a password without the server. The password itself is never kept. Each account of a
 * device has its own verifier, its own failures and its own lock.
 */
import type { Keep } from '../storage/keep.ts';
import { type Proof, proofOf, proves } from './proof.ts';

export const ROUNDS = 310_000;
/** After so many failures the account is locked on this device, each time for longer. */
export const FREE_FAILURES = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 60 * 60_000;
const DAY_MS = 86_400_000;

interface Kept extends Proof {
  roles: string[];
  displayName: string;
  /** When the server last said yes, by the device's clock. */
  heard: number;
  failures: number;
  lockedUntil: number;
  /** By which the server tells whether the account still stands; absent where it gave none. */
  ticket?: string;
}

/** An account of this device, as the server is asked about it. */
export interface Ticket {
  name: string;
  ticket: string;
}

export type Verdict =
  | { ok: true; roles: string[]; displayName: string }
  | {
      ok: false;
      reason: 'wrong_password' | 'unknown_offline' | 'too_long_offline' | 'clock_wrong';
    }
  | { ok: false; reason: 'locked'; until: number };

const KEY = 'miaopu.accounts';

/** How long an account with these roles may work without the server. */
export type OfflineDays = (roles: readonly string[]) => number;

export interface Verifiers {
  /** Remembers an account that the server has just let in. */
  remember(
    name: string,
    password: string,
    roles: string[],
    displayName: string,
    ticket?: string,
  ): Promise<void>;
  /** What to ask the server with, whether these accounts are still let in. */
  tickets(): Ticket[];
  /** Notes that the server still knows the account, and with which roles where it has said them. */
  confirmed(name: string, roles?: string[]): void;
  /** May this account in, without the server? Counts failures. */
  verify(name: string, password: string, offlineDays: OfflineDays): Promise<Verdict>;
  /**
   * May this account go on in a page that is loaded again, by what the server last said? Null when it
   * is not known any more, is locked, or was not heard of for too long.
   */
  goesOn(name: string, offlineDays: OfflineDays): { roles: string[]; displayName: string } | null;
  /** Is this the password that was remembered? Counts nothing. */
  matches(name: string, password: string): Promise<boolean>;
  /** When the account's lock ends, or null. */
  lockedUntil(name: string): number | null;
  /** Counts a failure. */
  failed(name: string): void;
  /** The server does not want this account any more. */
  forget(name: string): void;
  /** Accounts that may log in without the server, for the login page. */
  names(): string[];
  /** The person's name behind an account of this device; null where it is not known. */
  nameOf(account: string): string | null;
}

export function createVerifiers(
  keep: Keep,
  now: () => number = Date.now,
  rounds: number = ROUNDS,
): Verifiers {
  const accounts = accountsIn(keep);
  const failed = (name: string) => accounts.update(name, (kept) => afterFailure(kept, now()));
  const lockedUntil = (name: string) => {
    const until = accounts.get(name)?.lockedUntil ?? 0;
    return until > now() ? until : null;
  };

  return {
    async remember(name, password, roles, displayName, ticket) {
      const proof = await proofOf(password, rounds);
      accounts.put(name, {
        ...proof,
        roles,
        displayName,
        heard: now(),
        failures: 0,
        lockedUntil: 0,
        ...(ticket && { ticket }),
      });
    },
    tickets: () =>
      Object.entries(accounts.all()).flatMap(([name, { ticket }]) =>
        ticket ? [{ name, ticket }] : [],
      ),
    confirmed: (name, roles) =>
      accounts.update(name, (kept) => ({ ...kept, ...(roles && { roles }), heard: now() })),
    async verify(name, password, offlineDays) {
      const kept = accounts.get(name);
      if (!kept) return { ok: false, reason: 'unknown_offline' };
      const until = lockedUntil(name);
      // Set back since the server was heard, or since a lock began: nothing can be told by it.
      const lead = Math.max(kept.heard - now() - DAY_MS, (until ?? 0) - now() - LONGEST_LOCK_MS);
      if (lead > 0) return { ok: false, reason: 'clock_wrong' };
      if (until !== null) return { ok: false, reason: 'locked', until };
      if (!(await proves(kept, password))) {
        failed(name);
        const locked = lockedUntil(name);
        return locked === null
          ? { ok: false, reason: 'wrong_password' }
          : { ok: false, reason: 'locked', until: locked };
      }
      if (now() - kept.heard > offlineDays(kept.roles) * DAY_MS) {
        return { ok: false, reason: 'too_long_offline' };
      }
      accounts.update(name, (before) => ({ ...before, failures: 0, lockedUntil: 0 }));
      return { ok: true, roles: kept.roles, displayName: kept.displayName };
    },
    goesOn(name, offlineDays) {
      const kept = accounts.get(name);
      if (!kept || lockedUntil(name) !== null) return null;
      const silent = now() - kept.heard;
      if (silent < -DAY_MS || silent > offlineDays(kept.roles) * DAY_MS) return null;
      return { roles: kept.roles, displayName: kept.displayName };
    },
    async matches(name, password) {
      const kept = accounts.get(name);
      return kept ? proves(kept, password) : false;
    },
    lockedUntil,
    failed,
    forget: (name) => accounts.update(name, () => null),
    names: () => Object.keys(accounts.all()).sort(),
    nameOf(account) {
      const name = accounts.get(account)?.displayName ?? account;
      return name === account ? null : name;
    },
  };
}

/** The accounts of this device as they are kept, each under its name. */
function accountsIn(keep: Keep) {
  const all = (): Record<string, Kept> => {
    try {
      return JSON.parse(keep.getItem(KEY) ?? '{}') as Record<string, Kept>;
    } catch {
      // Damaged: the accounts are asked for online again.
      return {};
    }
  };
  const write = (accounts: Record<string, Kept>) => keep.setItem(KEY, JSON.stringify(accounts));
  const get = (name: string): Kept | undefined => {
    const accounts = all();
    return Object.hasOwn(accounts, name) ? accounts[name] : undefined;
  };
  return {
    all,
    get,
    put: (name: string, kept: Kept) => write({ ...all(), [name]: kept }),
    /** Changes an account that is there; null takes it away. */
    update(name: string, change: (kept: Kept) => Kept | null): void {
      const accounts = all();
      const before = Object.hasOwn(accounts, name) ? accounts[name] : undefined;
      if (!before) return;
      const after = change(before);
      if (after) accounts[name] = after;
      else delete accounts[name];
      write(accounts);
    },
  };
}

/** One failure more; from the first that is not free on, locked for twice as long each time. */
function afterFailure(kept: Kept, now: number): Kept {
  const failures = kept.failures + 1;
  const over = failures - FREE_FAILURES;
  const lock = over >= 0 ? Math.min(FIRST_LOCK_MS * 2 ** over, LONGEST_LOCK_MS) : 0;
  return { ...kept, failures, lockedUntil: lock ? now + lock : kept.lockedUntil };
}
