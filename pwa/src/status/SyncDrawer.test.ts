// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { mount } from '../../testing/mount.ts';
import { createMirror } from '../storage/mirror.ts';
import { INITIAL_STATUS, type RefusedEntry, type SyncStatus } from '../sync/types.ts';
import { syncStatus, type Workspace, workspace } from '../workspace/workspace.ts';
import SyncDrawer from './SyncDrawer.vue';

const refused: RefusedEntry = {
  id: 'child:B',
  rev: '2-b',
  part: 'event 01K9A3Q6Z00000000000000001',
  subject: 'dose',
  problem: '01K9A3Q6Z0000000000000000P',
  reason: 'forbidden: [senior-only] event 01K9A3Q6Z00000000000000001',
  at: '2026-11-23T01:41:00.000Z',
  childName: '李小红',
};
const status: SyncStatus = {
  ...INITIAL_STATUS,
  counted: true,
  complete: true,
  phase: 'idle',
  syncedAt: '2026-11-23T01:41:00.000Z',
};
const engine = { syncNow: vi.fn(async () => {}), retry: vi.fn(), adoptServer: vi.fn() };

const shown = () =>
  mount(SyncDrawer, { modelValue: true, onCloseDay: closed }, { routes: ['child'] });
const closed = vi.fn();

beforeEach(() => {
  vi.clearAllMocks();
  syncStatus.value = status;
  workspace.value = {
    engine,
    station: '01K9A3Q6Z0000000000000000S',
    documents: createMirror(() => true),
    index: { row: () => null },
  } as unknown as Workspace;
});

it('says that nothing waits', async () => {
  const page = await shown();
  expect(page.get('pending-list').children).toHaveLength(0);
  expect(page.find('refused-list')).toBeNull();
  await page.click('sync-now');
  expect(engine.syncNow).toHaveBeenCalledOnce();
  await page.click('close-day');
  expect(closed).toHaveBeenCalledOnce();
});

it('names each child that waits, once, and goes there', async () => {
  const entry = { id: 'child:A', type: 'child', childName: '王小明' };
  syncStatus.value = {
    ...status,
    pending: [
      { ...entry, rev: '1-a' },
      { ...entry, rev: '1-b' },
    ],
  };
  const page = await shown();
  const list = page.get('pending-list');
  expect(list.children).toHaveLength(1);
  expect(list.textContent).toContain('王小明');
  list.querySelector('button')?.click();
  await vi.waitFor(() => {
    expect(page.router.currentRoute.value).toMatchObject({
      name: 'child',
      params: { id: 'child:A' },
    });
  });
});

it('says of what is refused what it is and what to do, and sends it again', async () => {
  syncStatus.value = { ...status, refused: [refused] };
  const page = await shown();
  const list = page.get('refused-list');
  expect(list.textContent).toContain('李小红');
  expect(list.textContent).toContain('高级用户');
  await page.click('retry-refused');
  expect(engine.retry).toHaveBeenCalledWith('child:B');
});

it('asks a person about another server', async () => {
  syncStatus.value = {
    ...status,
    phase: 'error',
    problem: { kind: 'recreated', detail: '', retryAt: null },
  };
  const page = await shown();
  await page.click('adopt-server');
  expect(engine.adoptServer).toHaveBeenCalledOnce();
});
