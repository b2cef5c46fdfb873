/** Reads a region's trail (日志), latest first, a page at a time. Online only. */

import type { TrailPage as Answer, AskedTrail, Following } from '../models/api.ts';
import type { Audit } from '../models/generated.ts';
import type { Server } from '../sync/server.ts';

export interface TrailQuery {
  region: string;
  /** Dates as the user means them, inclusive. */
  from: string;
  to: string;
  /** An account, or ''. */
  user: string;
  /** A child's name, or one of its numbers, or ''. */
  child: string;
  action: Audit['action'] | '';
}

export type Cursor = Following;

/** Entries are what the database holds, which the model `Audit` describes. */
export type TrailPage = Omit<Answer, 'entries'> & { entries: Audit[] };

export const ACTIONS: readonly Audit['action'][] = [
  'write',
  'read',
  'refused',
  'account',
  'login',
  'login_failed',
  'logout',
];

/**
 * One page of the trail. Who is looked for stands in the body: the server looks the child up, and
 * no child's data is ever in an address.
 */
export function readTrail(
  server: Server,
  query: TrailQuery,
  after: Cursor | null = null,
): Promise<TrailPage> {
  const body: AskedTrail = {
    region: query.region,
    since: new Date(`${query.from}T00:00:00`).toISOString(),
    until: new Date(`${query.to}T23:59:59.999`).toISOString(),
    ...(query.user && { user: query.user }),
    ...(query.child && { child: query.child }),
    ...(query.action && { action: query.action }),
    ...(after && { after }),
  };
  return server.json<TrailPage>('/api/trail/find', { method: 'POST', body });
}

/** What an entry changed, as numbers for the list: events added, facts changed, other documents. */
export function summary(entry: Audit): {
  kinds: [string, number][];
  facts: string[];
  ids: string[];
} {
  const kinds = new Map<string, number>();
  const facts = new Set<string>();
  for (const one of entry.documents ?? []) {
    for (const [kind, count] of Object.entries(one.events ?? {}))
      kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    for (const name of one.facts ?? []) facts.add(name);
  }
  return {
    kinds: [...kinds],
    facts: [...facts],
    ids: (entry.documents ?? []).map(({ id }) => id),
  };
}

/** Kinds of requests that say what somebody did → their word. */
const REQUESTS: Readonly<Record<string, string>> = {
  'cases/find': 'find',
  'cases/fetch': 'fetch',
  'cases/read': 'fetch',
  'cases/duplicates': 'duplicates',
  'cases/decide': 'decide',
  'trail/find': 'trail',
  'lookup/by_card': 'byCard',
  'lookup/by_id_number': 'byIdNumber',
  'lookup/by_child_code': 'byChildCode',
  'lookup/by_name_birth': 'byName',
  _all_docs: 'list',
  _bulk_get: 'many',
  _changes: 'copy',
  _find: 'search',
  _purge: 'purge',
  _security: 'members',
  _session: 'page',
  basic: 'program',
  create: 'create',
  password: 'password',
  'DELETE database': 'drop',
};

/** Beginnings of ids → the word for what the document is. */
const KINDS: readonly (readonly [string, string])[] = [
  ['child:', 'child'],
  ['stock:', 'stock'],
  ['numbers:', 'numbers'],
  ['settings:', 'settings'],
  ['problem:', 'problem'],
  ['rating:', 'rating'],
  ['layer:', 'rule'],
  ['schedule:', 'schedule'],
  ['dictionary:', 'dictionary'],
  ['site:', 'site'],
  ['region:', 'region'],
  ['org.couchdb.user:', 'account'],
  ['_design/', 'design'],
  ['_security', 'members'],
];

/** The word for a way of asking, below `audit.request`; null where the documents say it all. */
export function requestWord(entry: Audit): string | null {
  return REQUESTS[entry.request] ?? null;
}

/** What an entry's documents are, below `audit.document`, each with how many. */
export function documentWords(entry: Audit): [string, number][] {
  const found = new Map<string, number>();
  for (const { id } of entry.documents ?? []) {
    const word = KINDS.find(([start]) => id.startsWith(start))?.[1] ?? 'other';
    found.set(word, (found.get(word) ?? 0) + 1);
  }
  return [...found];
}

/** The code of the place whose database it was; null for one that is no place's. */
export function placeOf(entry: Audit): string | null {
  return /^(?:site|region|audit)-(\d+)$/.exec(entry.database)?.[1] ?? null;
}
