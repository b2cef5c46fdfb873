import { describe, expect, it } from 'vitest';
import type { ClockState } from '../clock/clock.ts';
import type { StorageHealth } from '../storage/health.ts';
import { INITIAL_STATUS, type SyncProblem } from '../sync/types.ts';
import { banners, offBy } from './banners';

const clock: ClockState = { level: 'ok', offsetMs: 0, cause: 'none' };
const storage: StorageHealth = { state: 'ok', persisted: true, usage: 1, quota: 9, lost: null };
const calm = { status: INITIAL_STATUS, clock, storage, above: 0 };
const keys = (seen: Parameters<typeof banners>[0]) => banners(seen).map((banner) => banner.key);
const problem = (kind: SyncProblem['kind']): SyncProblem => ({ kind, detail: '', retryAt: null });
const withProblem = (kind: SyncProblem['kind']) => ({
  ...calm,
  status: { ...INITIAL_STATUS, problem: problem(kind) },
});

describe('banners', () => {
  it('are silent while all is well, and while there is only no network', () => {
    expect(keys(calm)).toEqual([]);
    expect(keys(withProblem('connectivity'))).toEqual([]);
  });

  it('tell how far the clock is off, and that recording stops', () => {
    const year: ClockState = { level: 'wrong', offsetMs: -365 * 86_400_000, cause: 'offset' };
    expect(banners({ ...calm, clock: year })).toEqual([
      { key: 'clockWrong', tone: 'bad', action: null, params: { amount: 365, unit: 'days' } },
    ]);
    expect(keys({ ...calm, clock: { level: 'warn', offsetMs: 900_000, cause: 'offset' } })).toEqual(
      ['clockWarn'],
    );
    expect(keys({ ...calm, clock: { level: 'wrong', offsetMs: 9e8, cause: 'backwards' } })).toEqual(
      ['clockBack'],
    );
  });

  it('tell what the storage and the server do', () => {
    expect(keys({ ...calm, storage: { ...storage, state: 'full' } })).toEqual(['storageFull']);
    expect(banners(withProblem('unauthorised'))[0]?.action).toBe('login');
    expect(banners(withProblem('server'))[0]?.action).toBe('retry');
    expect(keys(withProblem('recreated'))).toEqual(['recreated']);
  });

  it('say what was lost, until a person has taken note', () => {
    const lost = { ...storage, lost: { documents: 900, pending: 3 } };
    expect(banners({ ...calm, storage: lost })).toEqual([
      {
        key: 'storageLost',
        tone: 'bad',
        action: 'understood',
        params: { documents: 900, pending: 3 },
      },
    ]);
  });

  it('say a fault of the storage once', () => {
    const full = { ...withProblem('storage'), storage: { ...storage, state: 'full' as const } };
    expect(keys(full)).toEqual(['storageFull']);
    expect(keys(withProblem('storage'))).toEqual(['storage']);
  });

  it('say how much the server above refuses', () => {
    expect(banners({ ...calm, above: 2 })).toEqual([
      { key: 'refusedAbove', tone: 'warn', action: 'drawer', params: { count: 2 } },
    ]);
  });
});

it('offBy takes the unit that says something', () => {
  expect(offBy(15 * 60_000)).toEqual({ amount: 15, unit: 'minutes' });
  expect(offBy(-5 * 3_600_000)).toEqual({ amount: 5, unit: 'hours' });
  expect(offBy(3 * 86_400_000)).toEqual({ amount: 3, unit: 'days' });
});
