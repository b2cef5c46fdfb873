/** Asks the server for cases beyond the own clinic (查找个案); what is asked stands in the body. */
import { parseIdNumber } from '../case/idnumber.ts';
import type { CasesFound, Fetched } from '../models/api.ts';
import { type Server, SyncFault } from '../sync/server.ts';

/** One way of looking for a child. */
export type CaseQuery =
  | { card: string }
  | { id_number: string }
  | { child_code: string }
  | { name: string; birth_date: string };

/** Why a request came to nothing; a key below `moves.error`. */
export type CaseProblem = 'offline' | 'login' | 'tooMany' | 'gone' | 'refused' | 'server';

/** What may be meant by a text and a birth date, the likeliest first; empty when too little. */
export function caseQueries(text: string, birthDate: string): CaseQuery[] {
  const compact = text.normalize('NFKC').replace(/\s/g, '').toUpperCase();
  const queries: CaseQuery[] = [];
  if (parseIdNumber(compact)) queries.push({ id_number: compact });
  if (/^\d{18}$/.test(compact)) queries.push({ child_code: compact });
  if (/^\d{6,37}$/.test(compact)) queries.push({ card: compact });
  const name = text.normalize('NFKC').trim();
  if (/\p{L}/u.test(name) && !/\d/.test(name) && /^\d{4}-\d{2}-\d{2}$/.test(birthDate)) {
    queries.push({ name, birth_date: birthDate });
  }
  return queries;
}

/** The cases that the server knows; asks one way after the other. Throws `SyncFault`. */
export async function findCases(
  server: Server,
  queries: readonly CaseQuery[],
): Promise<CasesFound> {
  let found: CasesFound = { rows: [], searched: [], above: 'not_asked' };
  for (const body of queries) {
    found = await server.json<CasesFound>('/api/cases/find', { method: 'POST', body });
    if (found.rows.length) break;
  }
  return found;
}

/** Has the server put a case into the clinic's database; returns the id it is shown under. */
export async function fetchCase(
  server: Server,
  id: string,
  purpose: 'visit' | 'move',
): Promise<string> {
  const body = { id, purpose };
  return (await server.json<Fetched>('/api/cases/fetch', { method: 'POST', body })).id;
}

/** Which words to say about what went wrong; what is no fault of the server's is thrown on. */
export function caseProblem(error: unknown): CaseProblem {
  if (!(error instanceof SyncFault)) throw error;
  if (error.kind === 'connectivity') return 'offline';
  if (error.status === 429) return 'tooMany';
  if (error.kind === 'unauthorised') return 'login';
  if (error.status === 404) return 'gone';
  return error.kind === 'refused' ? 'refused' : 'server';
}
