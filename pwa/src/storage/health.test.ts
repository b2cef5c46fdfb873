import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fault } from './fault.ts';
import { noteFault, noteWritten, setHealth, useStorageHealth } from './health.ts';

describe('a full storage', () => {
  const health = useStorageHealth();

  afterEach(() => {
    vi.unstubAllGlobals();
    setHealth({ state: 'ok' });
  });

  const browser = (usage: number) =>
    vi.stubGlobal('navigator', {
      storage: {
        persisted: async () => true,
        estimate: async () => ({ usage, quota: 100 }),
      },
    });

  it('is said, and no longer once something was written again', async () => {
    browser(10);
    noteFault(new Fault('StorageFull'));
    expect(health.value.state).toBe('full');
    noteWritten();
    await vi.waitFor(() => expect(health.value.state).toBe('ok'));
  });

  it('is still low when hardly any room is left', async () => {
    browser(95);
    noteFault(new Fault('StorageFull'));
    noteWritten();
    await vi.waitFor(() => expect(health.value.state).toBe('low'));
  });

  it('leaves a damaged storage to a person', async () => {
    browser(10);
    noteFault(new Fault('StorageDamaged', { reason: 'x' }));
    noteWritten();
    await Promise.resolve();
    expect(health.value.state).toBe('damaged');
  });
});
