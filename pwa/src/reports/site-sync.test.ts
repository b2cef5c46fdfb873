import { describe, expect, it } from 'vitest';
import { siteSync, worstOf } from './site-sync.ts';

const NOW = Date.parse('2026-11-23T08:00:00.000Z');
const device = (site: string, id: string, at: string, pending = 0) => ({
  key: [site, id] as [string, string],
  value: { name: id, synced_at: at, pending, refused: 0 },
});
const TODAY = '2026-11-23T01:00:00.000Z';
const LONG_AGO = '2026-09-01T01:00:00.000Z';

describe('siteSync', () => {
  it('sums the devices of each clinic and names those that were never heard', () => {
    const rows = siteSync(
      ['A', 'B'],
      [device('A', 'd1', TODAY, 2), device('A', 'd2', '2026-11-22T01:00:00.000Z', 1)],
      [{ key: ['A', 'x'] }],
      NOW,
    );
    expect(rows[0]).toMatchObject({ site: 'A', syncedAt: TODAY, pending: 3, problems: 1 });
    expect(rows[1]).toMatchObject({ site: 'B', syncedAt: null, devices: [], state: 'never' });
  });

  it('calls a clinic good only when all that it recorded is known to be here', () => {
    const state = (devices: Parameters<typeof siteSync>[1], problems: [string, string][] = []) =>
      siteSync(
        ['A'],
        devices,
        problems.map((key) => ({ key })),
        NOW,
      )[0]?.state;
    expect(state([device('A', 'd', TODAY)])).toBe('good');
    expect(state([device('A', 'd', TODAY, 1)])).toBe('held');
    expect(state([device('A', 'd', TODAY)], [['A', 'x']])).toBe('held');
    expect(state([device('A', 'd', LONG_AGO)])).toBe('silent');
    expect(state([device('A', 'd', TODAY), device('A', 'e', LONG_AGO, 4)])).toBe('silent');
    // A tablet that was put away with nothing on it is no news.
    expect(state([device('A', 'd', TODAY), device('A', 'e', LONG_AGO)])).toBe('good');
    expect(state([])).toBe('never');
  });
});

describe('worstOf', () => {
  it('is good only when every clinic is', () => {
    const rows = siteSync(['A', 'B'], [device('A', 'd', TODAY)], [], NOW);
    expect(worstOf(rows)).toEqual({ state: 'never', count: 1 });
    expect(worstOf(rows.slice(0, 1))).toEqual({ state: 'good', count: 1 });
    expect(worstOf([])).toBeNull();
  });
});
