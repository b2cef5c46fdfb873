// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { mount } from '../../testing/mount.ts';
import { INITIAL_STATUS, type SyncStatus } from '../sync/types.ts';
import { syncStatus } from '../workspace/workspace.ts';
import SyncIndicator from './SyncIndicator.vue';

const synced: SyncStatus = {
  ...INITIAL_STATUS,
  counted: true,
  complete: true,
  phase: 'idle',
  syncedAt: '2026-11-23T01:41:00.000Z',
};
const shown = (onOpen = () => {}) => mount(SyncIndicator, { onOpen });

beforeEach(() => {
  syncStatus.value = synced;
});

it('is green with the time of the round that proves it', async () => {
  const page = await shown();
  const sign = page.get('sync-status');
  expect(sign.dataset.state).toBe('all');
  expect(sign.classList).toContain('good');
  expect(page.text()).toMatch(/全部上传.*\d\d:\d\d/);
});

it('follows the status, and counts what waits', async () => {
  const page = await shown();
  const entry = { id: 'child:A', rev: '1-a', type: 'child', childName: '王小明' };
  syncStatus.value = { ...synced, phase: 'offline', pending: [entry] };
  await page.set({});
  const sign = page.get('sync-status');
  expect(sign.dataset).toMatchObject({ state: 'pendingOffline', pending: '1' });
  expect(sign.classList).not.toContain('good');
  // The sign is seen by everybody in the room.
  expect(page.text()).not.toContain('王小明');
});

it('opens the drawer', async () => {
  const open = vi.fn();
  const page = await shown(open);
  await page.click('sync-status');
  expect(open).toHaveBeenCalledOnce();
});
