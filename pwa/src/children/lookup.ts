/** Finds children on the server, before all of them are here, and brings them at once. */
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

/** The views that may answer a query, with their keys. */
export function lookups(query: string): { view: string; key: unknown; until?: unknown }[] {
  const text = query.normalize('NFKC').trim();
  const compact = text.replace(/\s/g, '').toUpperCase();
  if (/^\d{17}[\dX]$/.test(compact)) {
    const views = [{ view: 'by_id_number', key: compact as unknown }];
    if (/^\d+$/.test(compact)) {
      views.unshift({ view: 'by_child_code', key: compact }, { view: 'by_card', key: compact });
    }
    return views;
  }
  if (/^\d{6,37}$/.test(compact)) return [{ view: 'by_card', key: compact }];
  // Names are matched whole: [name] is before every [name, birth date].
  if (/\p{L}/u.test(text)) return [{ view: 'by_name_birth', key: [text], until: [text, {}] }];
  return [];
}

/** Rows of the children that the server finds; empty when it cannot be asked. */
export async function findOnServer(parts: LookupParts, query: string): Promise<ChildRow[]> {
  const server = parts.server ?? createServer();
  const ids = new Set<string>();
  try {
    for (const { view, key, until } of lookups(query)) {
      const range =
        until === undefined
          ? `key=${encodeURIComponent(JSON.stringify(key))}`
          : `startkey=${encodeURIComponent(JSON.stringify(key))}` +
            `&endkey=${encodeURIComponent(JSON.stringify(until))}`;
      const { rows } = await server.json<{ rows: { id: string }[] }>(
        `/db/site-${parts.site}/_design/lookup/_view/${view}?limit=${MOST}&${range}`,
        { silence: 10_000 },
      );
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
