// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { mount } from '../../testing/mount.ts';
import type { ChildDoc, NewEvent } from '../case/document.ts';
import { isPin } from '../case/pin.ts';
import { type Workspace, workspace } from '../workspace/workspace.ts';
import PinDialog from './PinDialog.vue';

const session = vi.hoisted(() => ({ grade: 'ordinary' }));
vi.mock('../workspace/session', () => ({
  useSession: () => ({ user: { value: { name: 'nurse1', grade: session.grade } } }),
}));
const child = (...steps: string[]) =>
  ({
    _id: 'child:A',
    type: 'child',
    facts: {},
    events: Object.fromEntries(steps.map((step, n) => [`0${n}`, { kind: 'pin', step }])),
  }) as unknown as ChildDoc;
const addEvent = vi.fn(async (_id: string, _event: NewEvent) => child('set'));

beforeEach(() => {
  vi.clearAllMocks();
  session.grade = 'ordinary';
  workspace.value = { repository: { addEvent } } as unknown as Workspace;
});

it('is set when it was typed twice, and only what proves it is written', async () => {
  const page = await mount(PinDialog, { child: child() });
  await page.fill('pin-first', '246810');
  await page.fill('pin-second', '246811');
  expect(page.get('pin-fault').textContent).toContain('两次');
  expect(page.get<HTMLButtonElement>('form-save').disabled).toBe(true);
  await page.fill('pin-second', '246810');
  await page.click('form-save');
  await vi.waitFor(() => expect(addEvent).toHaveBeenCalled(), { timeout: 10_000 });
  const event = addEvent.mock.calls[0]?.[1] as NewEvent<'pin'>;
  expect(JSON.stringify(event)).not.toContain('246810');
  expect(event.verifier && (await isPin('246810', event.verifier))).toBe(true);
});

it('that is set is not set anew by a nurse', async () => {
  const page = await mount(PinDialog, { child: child('set') });
  expect(page.find('pin-first')).toBeNull();
  expect(page.find('pin-reason')).toBeNull();
});

it('that is set is taken away by a senior with a reason', async () => {
  session.grade = 'senior';
  const page = await mount(PinDialog, { child: child('set') });
  await page.fill('pin-reason', '监护人遗忘');
  await page.click('form-save');
  expect(addEvent).toHaveBeenCalledWith('child:A', expect.objectContaining({ step: 'reset' }));
});
