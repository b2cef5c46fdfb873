import { describe, expect, it } from 'vitest';
import type { Audit } from '../models/generated';
import type { Server } from '../sync/server';
import { PAGE, pathOf, readTrail, summary, type TrailQuery, ulidTime } from './audit-data';

const query: TrailQuery = { from: '2026-11-01', to: '2026-11-30', user: '', document: '' };
const CHILD = 'child:01K9A3Q6Z0000000000000000A';

function params(path: string): Record<string, unknown> {
  const search = new URLSearchParams(path.slice(path.indexOf('?')));
  return Object.fromEntries(
    [...search].map(([name, value]) => [
      name,
      name === 'startkey_docid' ? value : JSON.parse(value),
    ]),
  );
}

describe('the trail', () => {
  it('knows the beginning of a ULID', () => {
    expect(ulidTime(0)).toBe('0000000000');
    expect(ulidTime(1469918176385)).toBe('01ARYZ6S41');
  });

  it('is asked for by date, latest first', () => {
    const path = pathOf(query, null);
    expect(path.startsWith('_all_docs?')).toBe(true);
    const { startkey, endkey, descending, limit } = params(path);
    expect(descending).toBe(true);
    expect(limit).toBe(PAGE + 1);
    expect(String(startkey) > String(endkey)).toBe(true);
    expect(String(endkey)).toBe(`audit:${ulidTime(new Date('2026-11-01T00:00:00').getTime())}`);
  });

  it('is asked for by account, or by document', () => {
    const byUser = pathOf({ ...query, user: 'nurse1' }, null);
    expect(byUser).toContain('_view/by_user');
    expect((params(byUser).startkey as string[])[0]).toBe('nurse1');
    const byChild = pathOf({ ...query, document: CHILD }, { key: [CHILD, 'x'], id: 'audit:A' });
    expect(byChild).toContain('_view/by_document');
    expect(params(byChild).startkey).toEqual([CHILD, 'x']);
    expect(params(byChild).startkey_docid).toBe('audit:A');
  });

  it('comes in pages', async () => {
    const rows = Array.from({ length: PAGE + 1 }, (_, n) => ({
      key: `audit:${n}`,
      id: `audit:${n}`,
      doc: { type: 'audit', by: `u${n}` } as Audit,
    }));
    const server = { json: async () => ({ rows }) } as unknown as Server;
    const page = await readTrail(server, '330102', query);
    expect(page.entries).toHaveLength(PAGE);
    expect(page.next).toEqual({ key: `audit:${PAGE}`, id: `audit:${PAGE}` });
    rows.length = 2;
    expect((await readTrail(server, '330102', query)).next).toBeNull();
  });

  it('is summed up', () => {
    const documents = [
      { id: CHILD, events: { dose: 2 }, facts: ['phone'] },
      { id: 'child:B', events: { dose: 1, void: 1 }, facts: ['phone', 'name'] },
    ];
    expect(summary({ documents } as unknown as Audit)).toEqual({
      kinds: [
        ['dose', 3],
        ['void', 1],
      ],
      facts: ['phone', 'name'],
      ids: [CHILD, 'child:B'],
    });
    expect(summary({} as Audit)).toEqual({ kinds: [], facts: [], ids: [] });
  });
});
