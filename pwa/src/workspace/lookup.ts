/** Finds children on the server, before all of them are here, and brings them at once. */

import { comparableName } from '../case/name.ts';
import { clinic, pathOf } from '../ids/place.ts';
import { createServer, type Server, SyncFault } from '../sync/server.ts';
import type { ChildIndex } from './child-index.ts';
import type { ChildRow } from './row.ts';

export interface LookupParts {
  site: string;
  index: Pick<ChildIndex, 'search'>;
  engine: { puller: { fetch(ids: readonly string[], signal?: AbortSignal): Promise<void> } };
  catchUp(): Promise<void>;
  /** The server; the one that the program came from when absent. */
  server?: Server;
}

const MOST = 20;

/** A query of a view of `lookup`; it goes in the body, so that no child's data is in an address. */
export interface Lookup {
  view: string;
  query: { keys: unknown[] } | { start_key: unknown; end_key: unknown };
}

/** The views that may answer a query. */
export function lookups(query: string): Lookup[] {
  const text = query.normalize('NFKC').trim();
  const compact = text.replace(/\s/g, '').toUpperCase();
  const by = (view: string): Lookup => ({ view, query: { keys: [compact] } });
  if (/^\d{17}[\dX]$/.test(compact)) {
    const views = [by('by_id_number')];
    return /^\d+$/.test(compact) ? [by('by_child_code'), by('by_card'), ...views] : views;
  }
  if (/^\d{6,37}$/.test(compact)) return [by('by_card')];
  // Names are matched whole: [name] is before every [name, birth date].
  if (/\p{L}/u.test(text)) {
    const name = comparableName(text);
    return [{ view: 'by_name_birth', query: { start_key: [name], end_key: [name, {}] } }];
  }
  return [];
}

/** Rows of the children that the server finds; empty when it cannot be asked. */
export async function findOnServer(parts: LookupParts, query: string): Promise<ChildRow[]> {
  const server = parts.server ?? createServer();
  const ids = new Set<string>();
  try {
    for (const { view, query: asked } of lookups(query)) {
      const { results } = await server.json<{ results: { rows: { id: string }[] }[] }>(
        `${pathOf(clinic(parts.site))}/_design/lookup/_view/${view}/queries`,
        { method: 'POST', body: { queries: [{ ...asked, limit: MOST }] }, silence: 10_000 },
      );
      const rows = Array.isArray(results) ? results[0]?.rows : null;
      for (const row of Array.isArray(rows) ? rows : []) ids.add(row.id);
    }
    if (ids.size) {
      await parts.engine.puller.fetch([...ids]);
      await parts.catchUp();
    }
  } catch (error) {
    // Without the server there is only what is here; the sync tells why.
    if (!(error instanceof SyncFault)) throw error;
  }
  return parts.index.search(query, MOST);
}
