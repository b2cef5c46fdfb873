import { describe, expect, it } from 'vitest';
import { INITIAL_STATUS } from '../sync/types.ts';
import { sign } from './indicator';
import { remembered } from './known';

const counted = { ...INITIAL_STATUS, counted: true };
const device = { synced_at: '2026-11-22T09:00:00.000Z' };

describe('remembered', () => {
  it('claims nothing before the outbox was read', () => {
    expect(sign(remembered(INITIAL_STATUS, device)).key).toBe('counting');
  });

  it('knows the last round after a start without network', () => {
    const status = remembered(counted, device);
    expect(status.syncedAt).toBe(device.synced_at);
    expect(status.lastHeard).toBe(device.synced_at);
    expect(sign(status).key).toBe('allOffline');
  });

  it('leaves what was measured since, and what was never synced', () => {
    const now = '2026-11-23T01:00:00.000Z';
    const heard = { ...INITIAL_STATUS, lastHeard: now };
    expect(remembered(heard, device).lastHeard).toBe(now);
    expect(sign(remembered(counted, null)).key).toBe('never');
  });
});
