import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { INITIAL_STATUS, type RefusedEntry, type SyncStatus } from '../sync/types.ts';
import { freshnessOf } from './freshness.ts';

const NOW = '2026-11-23T02:00:00.000Z';
const ago = (ms: number) => new Date(Date.parse(NOW) - ms).toISOString();
const HOUR = 3_600_000;
const HERE = '3301020001';
const AWAY = '3301020002';

const child = {
  _id: 'child:A',
  type: 'child',
  facts: { site: { value: HERE, at: NOW, by: 'x' } },
  events: { E: { kind: 'dose', site: AWAY, at: NOW } },
} as unknown as ChildDoc;
const entry = { id: 'child:B', rev: '1-a', type: 'child', childName: null };

const seen = (status: Partial<SyncStatus>) =>
  freshnessOf({
    status: { ...INITIAL_STATUS, counted: true, phase: 'idle', lastHeard: NOW, ...status },
    child,
    cases: ['child:A', 'child:B'],
    site: HERE,
    now: NOW,
  });

describe('where this device’s records of a child are', () => {
  it('is not said before the outbox was read', () => {
    expect(seen({ counted: false }).own).toBe('unknown');
    expect(seen({}).own).toBe('onServer');
  });

  it('counts every case that makes up the child', () => {
    expect(seen({ pending: [entry] }).own).toBe('pending');
    expect(seen({ pending: [{ ...entry, id: 'child:C' }] }).own).toBe('onServer');
    const refused = [{ id: 'child:B', reason: 'forbidden' } as RefusedEntry];
    expect(seen({ pending: [entry], refused })).toMatchObject({ own: 'refused', refused });
  });
});

describe('whether a record may be out of date', () => {
  it.each([
    ['heard just now', {}, { stale: false, silentDays: 0, elsewhere: [] }],
    [
      'an hour without the server',
      { phase: 'offline', lastHeard: ago(HOUR) },
      { stale: false, silentDays: 0, elsewhere: [AWAY] },
    ],
    [
      'a login that has run out',
      { phase: 'error', lastHeard: ago(1000) },
      { stale: false, silentDays: 0, elsewhere: [AWAY] },
    ],
    [
      'a tablet that slept and has not noticed yet',
      { phase: 'idle', lastHeard: ago(HOUR) },
      { stale: false, elsewhere: [AWAY] },
    ],
    [
      'two days without the server',
      { phase: 'offline', lastHeard: ago(49 * HOUR) },
      { stale: true, silentDays: 2, elsewhere: [AWAY] },
    ],
    [
      'a server that was never heard',
      { phase: 'offline', lastHeard: null },
      { stale: true, silentDays: null, elsewhere: [AWAY] },
    ],
    [
      'a clock that was set back by three days since',
      { phase: 'offline', lastHeard: ago(-72 * HOUR) },
      { stale: true, silentDays: 3 },
    ],
  ] as const)('%s', (_, status, expected) => {
    expect(seen(status)).toMatchObject(expected);
  });
});
