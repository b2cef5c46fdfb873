import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INITIAL_STATUS, type PendingEntry, type Phase, type SyncStatus } from '../sync/types.ts';
import { byDocument, percent, sign } from './indicator';

const entry: PendingEntry = { id: 'child:A', rev: '1-a', type: 'child', childName: null };
const denial = {
  id: 'child:A',
  rev: '1-a',
  part: null,
  subject: null,
  problem: '01K9A3Q6Z0000000000000000P',
  reason: 'forbidden',
  at: '',
  childName: null,
};
const synced: SyncStatus = {
  ...INITIAL_STATUS,
  counted: true,
  phase: 'idle',
  syncedAt: '2026-11-23T01:41:00.000Z',
};

describe('sign', () => {
  it('is green when a round was complete and nothing waits', () => {
    expect(sign(synced)).toEqual({ tone: 'good', key: 'all', count: 0 });
  });

  it('counts what waits, and says when it cannot go now', () => {
    expect(sign({ ...synced, pending: [entry] })).toMatchObject({ tone: 'busy', key: 'pending' });
    expect(sign({ ...synced, phase: 'offline', pending: [entry, entry] })).toEqual({
      tone: 'warn',
      key: 'pendingOffline',
      count: 2,
    });
  });

  it('puts a denial before everything', () => {
    expect(sign({ ...synced, pending: [entry], refused: [denial] })).toEqual({
      tone: 'bad',
      key: 'refused',
      count: 1,
    });
  });

  it('is never green without proof', () => {
    const phases: Phase[] = [
      'idle',
      'first-load',
      'pulling',
      'pushing',
      'offline',
      'stalled',
      'error',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...phases),
        fc.nat(2),
        fc.nat(2),
        fc.boolean(),
        (phase, waiting, denied, heard) => {
          const status: SyncStatus = {
            ...INITIAL_STATUS,
            phase,
            pending: Array(waiting).fill(entry),
            refused: Array(denied).fill(denial),
            syncedAt: heard ? synced.syncedAt : null,
          };
          if (sign(status).tone === 'good') {
            expect(waiting + denied).toBe(0);
            expect(heard).toBe(true);
            expect(['offline', 'stalled', 'first-load']).not.toContain(phase);
          }
        },
      ),
    );
  });
});

describe('percent', () => {
  it('is unknown before the size is, and never more than all', () => {
    expect(percent({ done: 0, total: 0 })).toBeNull();
    expect(percent({ done: 999, total: 1000 })).toBe(99);
    expect(percent({ done: 1001, total: 1000 })).toBe(100);
  });
});

describe('byDocument', () => {
  it('counts the writes of each document', () => {
    expect(byDocument([entry, { ...entry, rev: '2-b' } as PendingEntry])).toEqual([
      { id: 'child:A', childName: null, type: 'child', writes: 2 },
    ]);
  });
});
