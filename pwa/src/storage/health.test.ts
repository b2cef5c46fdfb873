import { afterEach, describe, expect, it, vi } from 'vitest';
import { Fault } from './fault.ts';
import { checkStorage, noteFault, noteWritten, setHealth, useStorageHealth } from './health.ts';

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

  it('gives up its reserve for what has to be recorded, and is low until it can be made again', async () => {
    let room = true;
    const files = new Map<string, number>();
    const root = {
      getFileHandle: async (name: string) => ({
        getFile: async () => ({ size: files.get(name) ?? 0 }),
        createWritable: async () => ({
          write: async ({ length }: Uint8Array) => {
            if (!room) throw new DOMException('', 'QuotaExceededError');
            files.set(name, length);
          },
          close: async () => {},
          abort: async () => {},
        }),
      }),
      removeEntry: async (name: string) => void files.delete(name),
    };
    vi.stubGlobal('navigator', {
      storage: {
        persisted: async () => true,
        estimate: async () => ({ usage: 10, quota: 100 }),
        getDirectory: async () => root,
      },
    });
    expect((await checkStorage()).state).toBe('ok');
    expect(files.get('reserve')).toBeGreaterThan(1_000_000);
    room = false;
    noteFault(new Fault('StorageFull'));
    await vi.waitFor(() => expect(files.size).toBe(0));
    expect((await checkStorage()).state).toBe('full');
    noteWritten();
    expect((await checkStorage()).state).toBe('low');
    room = true;
    expect((await checkStorage()).state).toBe('ok');
  });

  it('is damaged until something could be written again', async () => {
    browser(10);
    noteFault(new Fault('StorageDamaged', { reason: 'x' }));
    expect((await checkStorage()).state).toBe('damaged');
    noteWritten();
    await vi.waitFor(() => expect(health.value.state).toBe('ok'));
  });
});
