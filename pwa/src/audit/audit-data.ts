/** Reads a region's trail (日志), latest first, a page at a time. Online only. */

import type { Audit } from '../models/generated.ts';
import type { Server } from '../sync/server.ts';

export interface TrailQuery {
  /** Dates as the user means them, inclusive. */
  from: string;
  to: string;
  /** An account, or ''. */
  user: string;
  /** The id of a document, or ''. */
  document: string;
}

export interface TrailPage {
  entries: Audit[];
  /** Where the next page begins; null on the last. */
  next: Cursor | null;
}

export interface Cursor {
  key: unknown;
  id: string;
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const PAGE = 50;

/** The first ten characters of ULIDs of a moment. */
export function ulidTime(ms: number): string {
  let text = '';
  for (let rest = ms; text.length < 10; rest = Math.floor(rest / 32)) {
    text = CROCKFORD[rest % 32] + text;
  }
  return text;
}

/** The path of one page below the trail's database. */
export function pathOf(query: TrailQuery, after: Cursor | null): string {
  const from = new Date(`${query.from}T00:00:00`);
  const to = new Date(`${query.to}T23:59:59.999`);
  const named = query.document || query.user;
  const [start, end]: [unknown, unknown] = named
    ? [
        [named, to.toISOString()],
        [named, from.toISOString()],
      ]
    : [`audit:${ulidTime(to.getTime())}~`, `audit:${ulidTime(from.getTime())}`];
  const params: Record<string, unknown> = {
    descending: true,
    include_docs: true,
    limit: PAGE + 1,
    startkey: after?.key ?? start,
    endkey: end,
  };
  const text = Object.entries(params).map(
    ([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`,
  );
  if (after && named) text.push(`startkey_docid=${encodeURIComponent(after.id)}`);
  const view = query.document ? 'by_document' : 'by_user';
  return `${named ? `_design/trail/_view/${view}` : '_all_docs'}?${text.join('&')}`;
}

/** One page of the trail of `region`. */
export async function readTrail(
  server: Server,
  region: string,
  query: TrailQuery,
  after: Cursor | null = null,
): Promise<TrailPage> {
  const { rows } = await server.json<{ rows: { key: unknown; id: string; doc: Audit }[] }>(
    `/db/audit-${region}/${pathOf(query, after)}`,
  );
  const last = rows[PAGE];
  return {
    entries: rows.slice(0, PAGE).map(({ doc }) => doc),
    next: last ? { key: last.key, id: last.id } : null,
  };
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
