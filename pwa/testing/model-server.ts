/**
 * A server for the tests of sync: CouchDB's answers over a PouchDB in memory, with a door for
 * whatever may go wrong on the way.
 */

import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import type { Fetch } from '../src/sync/server.ts';

PouchDB.plugin(memory);

let made = 0;

/** A PouchDB in memory under a name of its own. */
export function memoryDatabase(): PouchDB.Database {
  return new PouchDB(`test-${made++}`, { adapter: 'memory', revs_limit: 1000 });
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
}

/** Answers instead of the server, or null to let the call through. May throw like `fetch`. */
export type Trouble = (call: Call) => Response | null | Promise<Response | null>;

export interface ModelServer {
  fetch: Fetch;
  databases: Record<string, PouchDB.Database>;
  calls: Call[];
  /** Asked before each call, the first answer counts. */
  trouble: Trouble | null;
  /** A reason to refuse a document, as a design document would; `before` is its nearest ancestor. */
  refuse: (doc: PouchDB.Doc, before: PouchDB.Doc | null, database: string) => string | null;
  /** Asked after a call has had its effect: may lose or garble the answer. */
  onAnswer: ((call: Call, answer: Response) => Response) | null;
  user: { name: string | null; roles: string[] };
  generation: string;
  /** The generation of the clinic's database. */
  database: string;
  /** The run of its process. */
  run: string;
  offsetMs: number;
}

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json' },
  });

export function createModelServer(site: string): ModelServer {
  const model: ModelServer = {
    databases: { [`site-${site}`]: memoryDatabase(), catalog: memoryDatabase() },
    calls: [],
    trouble: null,
    refuse: () => null,
    onAnswer: null,
    user: { name: 'nurse', roles: [`site:${site}`, 'grade:ordinary'] },
    generation: '01K9A3Q6Z0000000000000000G',
    database: '01K9A3Q6Z0000000000000000D',
    run: '01K9A3Q6Z0000000000000000R',
    offsetMs: 0,
    async fetch(input, init = {}) {
      const { signal } = init;
      if (signal?.aborted) throw signal.reason;
      const call: Call = {
        method: init.method ?? 'GET',
        path: input,
        body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
      };
      model.calls.push(call);
      const trouble = await model.trouble?.(call);
      if (trouble) return trouble;
      const answer = await respond(model, call, signal ?? null);
      return model.onAnswer?.(call, answer) ?? answer;
    },
  };
  return model;
}

async function respond(
  model: ModelServer,
  { method, path, body }: Call,
  signal: AbortSignal | null,
): Promise<Response> {
  const url = new URL(path, 'http://model.test');
  const query = url.searchParams;
  if (url.pathname === '/api/time') {
    const now = new Date(Date.now() + model.offsetMs).toISOString();
    return json({ now, generation: model.generation, run: model.run });
  }
  if (url.pathname === '/db/_session') return json({ ok: true, userCtx: model.user });
  if (model.user.name === null) return json({ error: 'unauthorized', reason: 'log in' }, 401);
  const [, , name = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const db = model.databases[name];
  if (!db) return json({ error: 'not_found', reason: 'missing' }, 404);
  switch (rest[0]) {
    case undefined: {
      const info = await db.info();
      return json({ db_name: name, doc_count: info.doc_count, update_seq: info.update_seq });
    }
    case '_security':
      return json({ members: { roles: [] }, generation: model.database });
    case '_changes': {
      const since = Number(query.get('since') ?? 0);
      const limit = Number(query.get('limit') ?? 1e9);
      const read = () => db.changes({ since, limit, include_docs: true, style: 'all_docs' });
      let feed = await read();
      if (query.get('feed') === 'longpoll') {
        const end = Date.now() + Math.min(Number(query.get('timeout')), 25_000);
        while (feed.results.length === 0 && Date.now() < end && !signal?.aborted) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          feed = await read();
        }
        if (signal?.aborted) throw signal.reason;
      }
      const pending = (await db.info()).update_seq - feed.last_seq;
      // CouchDB names the winner first, PouchDB does not.
      const results = feed.results.map(({ changes, ...row }) => {
        const isWinner = ({ rev }: { rev: string }) => rev === row.doc?._rev;
        const others = changes.filter((change) => !isWinner(change));
        return { ...row, changes: [...changes.filter(isWinner), ...others] };
      });
      return json({ ...feed, results, pending });
    }
    case '_all_docs': {
      const range: Record<string, string> = {};
      for (const key of ['startkey', 'endkey']) {
        const text = query.get(key);
        if (text) range[key] = JSON.parse(text) as string;
      }
      return json(await db.allDocs({ ...range, include_docs: true, conflicts: true }));
    }
    case '_bulk_get': {
      const { docs } = body as { docs: { id: string; rev?: string }[] };
      const revs = query.get('revs') === 'true';
      const results = await Promise.all(
        docs.map(async ({ id, rev }) => ({ id, docs: await openRevisions(db, id, rev, revs) })),
      );
      return json({ results });
    }
    case '_revs_diff':
      return json(await db.revsDiff(body as Record<string, string[]>));
    case '_bulk_docs': {
      const { docs } = body as { docs: PouchDB.Doc[] };
      const refused: { id: string; rev: string | undefined; error: string; reason: string }[] = [];
      for (const doc of docs) {
        const reason = model.refuse(doc, await nearestAncestor(db, doc), name);
        if (reason) refused.push({ id: doc._id, rev: doc._rev, error: 'forbidden', reason });
      }
      const good = docs.filter(
        (doc) => !refused.some(({ id, rev }) => id === doc._id && rev === doc._rev),
      );
      await db.bulkDocs(good, { new_edits: false });
      return json(refused, 201);
    }
    default: {
      if (method === 'GET') {
        try {
          return json(await db.get(rest.join('/')));
        } catch {
          return json({ error: 'not_found', reason: 'missing' }, 404);
        }
      }
      try {
        return json(await db.put(body as object), 201);
      } catch {
        return json({ error: 'conflict', reason: 'Document update conflict.' }, 409);
      }
    }
  }
}

/** As CouchDB answers `_bulk_get`: one revision, or without one all leaves. */
async function openRevisions(
  db: PouchDB.Database,
  id: string,
  rev: string | undefined,
  revs: boolean,
): Promise<object[]> {
  try {
    const open_revs = rev === undefined ? ('all' as const) : [rev];
    return await db.get<object[]>(id, { open_revs, revs });
  } catch (error) {
    if ((error as { status?: number }).status !== 404) throw error;
    return [{ error: { id, rev: rev ?? 'undefined', error: 'not_found', reason: 'missing' } }];
  }
}

/** The nearest revision that the database has of those on which a document was written. */
async function nearestAncestor(
  db: PouchDB.Database,
  doc: PouchDB.Doc,
): Promise<PouchDB.Doc | null> {
  const { start = 0, ids = [] } = doc._revisions ?? {};
  for (const [back, hash] of ids.entries()) {
    if (back === 0) continue;
    const { [doc._id]: known } = await db.revsDiff({ [doc._id]: [`${start - back}-${hash}`] });
    if (known?.missing.length) continue;
    return db.get<PouchDB.Doc>(doc._id, { rev: `${start - back}-${hash}` });
  }
  return null;
}
