import { describe, expect, it } from 'vitest';
import type { Audit } from '../models/generated';
import type { Server } from '../sync/server';
import {
  documentWords,
  placeOf,
  readTrail,
  requestWord,
  summary,
  type TrailQuery,
} from './audit-data';

const query: TrailQuery = {
  region: '330102',
  from: '2026-11-01',
  to: '2026-11-30',
  user: '',
  child: '',
  action: '',
};
const CHILD = 'child:01K9A3Q6Z0000000000000000A';

/** A server that answers nothing, and what it was asked. */
function asked(): { server: Server; calls: [string, unknown][] } {
  const calls: [string, unknown][] = [];
  const server = {
    json: async (path: string, request?: { body?: unknown }) => {
      calls.push([path, request?.body]);
      return { entries: [], next: null, children: [] };
    },
  } as Server;
  return { server, calls };
}

describe('the trail', () => {
  it('is asked for in a body, and names nobody in an address', async () => {
    const { server, calls } = asked();
    const after = { at: '2026-11-23T01:02:03.004Z', id: 'audit:A' };
    await readTrail(server, { ...query, child: '张小苗', user: 'nurse1', action: 'login' }, after);
    await readTrail(server, query);
    expect(calls.map(([path]) => path)).toEqual(['/api/trail/find', '/api/trail/find']);
    const since = new Date('2026-11-01T00:00:00').toISOString();
    const until = new Date('2026-11-30T23:59:59.999').toISOString();
    const base = { region: '330102', since, until };
    const more = { user: 'nurse1', child: '张小苗', action: 'login', after };
    expect(calls[0]?.[1]).toEqual({ ...base, ...more });
    expect(calls[1]?.[1]).toEqual(base);
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

  it('says what was done in words', () => {
    const documents = [{ id: CHILD }, { id: 'child:B' }, { id: 'stock:C' }, { id: 'odd' }];
    const entry = { documents, request: 'PUT', database: 'site-9901210001' } as unknown as Audit;
    expect(documentWords(entry)).toEqual([
      ['child', 2],
      ['stock', 1],
      ['other', 1],
    ]);
    expect(requestWord(entry)).toBeNull();
    expect(placeOf(entry)).toBe('9901210001');
    expect(requestWord({ request: 'lookup/by_card' } as Audit)).toBe('byCard');
    expect(placeOf({ database: 'catalog' } as Audit)).toBeNull();
  });
});
