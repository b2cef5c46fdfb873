/** The reactions of a region's children, from its database. Online only. */

import type { ChildDoc } from '../case/document.ts';
import { pathOf } from '../ids/place.ts';
import type { Server } from '../sync/server.ts';
import { type AefiCase, casesOf, sorted } from './clocks.ts';

/** How many children with reactions are read at most, those with the latest reactions first. */
export const MOST = 500;

interface Row {
  id: string;
  doc: ChildDoc | null;
}

/** Cases with a reaction on or after a day, in the order of the clinic's list. */
export async function regionCases(
  server: Server,
  region: string,
  since: string,
  signal?: AbortSignal,
): Promise<AefiCase[]> {
  const range = `startkey=${encodeURIComponent(JSON.stringify('9999'))}&endkey=${encodeURIComponent(JSON.stringify(since))}`;
  const query = `descending=true&include_docs=true&limit=${MOST}&${range}`;
  const url = `${pathOf({ kind: 'region', code: region })}/_design/aefi/_view/reactions?${query}`;
  const { rows } = await server.json<{ rows: Row[] }>(url, signal ? { signal } : {});
  const children = new Map(rows.flatMap(({ id, doc }) => (doc ? [[id, doc]] : [])));
  return sorted([...children.values()].flatMap(casesOf)).filter(({ event }) => event.date >= since);
}
