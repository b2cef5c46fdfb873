/**
 * Revisions, and those that this device computes (计算所得的修订号): not drawn, so that one whose answer was lost,
 * or that another tablet makes too, is the same revision when it is made again.
 */
import type PouchDB from 'pouchdb-core';
import { canonical } from './canonical.ts';
import type { ChildDoc } from './document.ts';

/**
 * The document as a revision on top of `parent`, null when it is the first. Of the history it names
 * the parent alone.
 */
export async function revisionOf(doc: object, parent: string | null): Promise<PouchDB.Doc> {
  const { _rev, _conflicts, _revisions, ...body } = doc as PouchDB.Doc;
  const text = new TextEncoder().encode(canonical([body, parent]));
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  const hash = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0'));
  const [generation, above] = parent?.split('-') ?? [];
  const start = Number(generation ?? 0) + 1;
  const ids = [hash.join(''), ...(above ? [above] : [])];
  return { ...body, _rev: `${start}-${ids[0]}`, _revisions: { start, ids } };
}

/** What ends a leaf here, all of whose content the server has by now: it keeps what it held. */
export function tombstoneOf(leaf: PouchDB.Doc | ChildDoc): Promise<PouchDB.Doc> {
  return revisionOf({ ...leaf, _deleted: true }, leaf._rev ?? null);
}

/** Is a revision the document itself, or one of those on which it was written? */
export function isOf({ _revisions }: PouchDB.Doc, rev: string): boolean {
  const { start = 0, ids = [] } = _revisions ?? {};
  const [generation, hash] = rev.split('-');
  return ids[start - Number(generation)] === hash;
}
