// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { ref } from 'vue';
import { type Mounted, mount, settled } from '../../testing/mount.ts';
import type { ChildDoc, NewEvent } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import { createMirror } from '../storage/mirror.ts';
import { asked } from '../ui/confirm.ts';
import { catalogMirror, type Workspace, workspace } from '../workspace/workspace.ts';
import VaccinatePanel from './VaccinatePanel.vue';

const lots = ref<Lot[]>([]);
vi.mock('../stock/useStock', () => ({ useLots: () => lots }));

const child = { _id: 'child:A', type: 'child', facts: {}, events: {} } as unknown as ChildDoc;
const lot = (vaccine: string, key: string) =>
  ({ vaccine, key, lot: key, usable: true, balance: 9, expiry: '2099-01-01', maker: 'M' }) as Lot;
const addEvents = vi.fn(async (_id: string, _events: NewEvent[]) => child);
const cancel = vi.fn();
const warnings = vi.fn((): string[] => []);

const WANTED = [
  { group: 'DTaP', target: 2, vaccines: ['0402'] },
  { group: 'Polio', target: 2, vaccines: ['0306', '5001'] },
];

const shown = (wanted = WANTED) =>
  mount(VaccinatePanel, {
    child,
    forecast: null,
    wanted,
    others: WANTED,
    onCancel: cancel,
  });
const press = async (key: string, target: EventTarget = window) => {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  await settled();
};
const groups = () =>
  [...document.querySelectorAll<HTMLElement>('[data-testid=visit-item]')].map(
    (one) => one.dataset.group,
  );
const choose = async (group: string, code: string) => {
  const row = document.querySelector(`[data-testid=visit-item][data-group=${group}]`);
  row?.querySelector<HTMLInputElement>(`input[value="${code}"]`)?.click();
  await settled();
};
async function fill(page: Mounted<object>): Promise<void> {
  await page.fill('temperature', '36.6');
  await press('F9');
  await page.click('informed-signature');
  await page.click('verified');
}

beforeEach(() => {
  vi.clearAllMocks();
  warnings.mockReturnValue([]);
  lots.value = [lot('0402', 'A1'), lot('0402', 'A2'), lot('0306', 'S1'), lot('5001', 'P1')];
  const usage = { route: 'im', site: 'left_thigh' };
  catalogMirror.take([
    {
      _id: 'dictionary:vaccine',
      entries: {
        '0402': { zh: '百白破', en: 'DTaP', more: { ...usage, groups: ['DTaP'] } },
        '0306': { zh: '脊灰', en: 'sIPV', more: { ...usage, site: 'right_thigh' } },
        '5001': { zh: '五联', en: '5 in 1', more: { ...usage, groups: ['DTaP', 'Polio', 'Hib'] } },
      },
    } as unknown as Parameters<typeof catalogMirror.take>[0][number],
  ]);
  workspace.value = {
    site: '9901210001',
    documents: createMirror(() => true),
    members: () => ['child:A'],
    repository: { addEvents, warnings },
  } as unknown as Workspace;
});

it('is saved when all is done, and not before', async () => {
  const page = await shown();
  await page.click('confirm-dose');
  expect(page.get('needs').textContent).toContain('体温');
  expect(page.get('needs').textContent).toContain('三查七对一验证');
  expect(document.activeElement).toBe(page.get('temperature'));
  expect(addEvents).not.toHaveBeenCalled();
  await fill(page);
  expect(page.find('warnings')?.textContent ?? '').toContain('服务器');
  await page.fill('override-reason', '已核对接种证');
  await page.click('confirm-dose');
  const [, events = []] = addEvents.mock.calls[0] ?? [];
  expect(events.map((one) => one.kind)).toEqual(['precheck', 'dose', 'dose']);
});

it('writes into the note why no temperature was taken', async () => {
  const page = await shown();
  await fill(page);
  await page.click('temperature-untaken');
  await page.fill('untaken-why', '哭闹');
  await page.fill('override-reason', '已核对接种证');
  await page.click('confirm-dose');
  const [, events = []] = addEvents.mock.calls[0] ?? [];
  expect(events[0]).toMatchObject({ passed: true, note: '体温未测：哭闹。' });
  expect(events[0]).not.toHaveProperty('temperature');
});

it('passes the pre-check by F9, and nothing else', async () => {
  const page = await shown();
  await press('F9');
  expect(page.get<HTMLInputElement>('precheck-ok').checked).toBe(true);
  expect(page.get<HTMLInputElement>('verified').checked).toBe(false);
});

it('goes on to the next step by Enter', async () => {
  const page = await shown();
  expect(document.activeElement).toBe(page.get('temperature'));
  await press('Enter', page.get('temperature'));
  expect(document.activeElement).toBe(page.get('informed-signature'));
  await press('Enter', page.get('informed-signature'));
  expect(document.activeElement?.closest('[data-step]')?.getAttribute('data-step')).toBe('give');
});

it('takes the check back with another lot, and the consent with another vaccine', async () => {
  const page = await shown();
  await fill(page);
  await choose('DTaP', 'A2');
  expect(page.get<HTMLInputElement>('verified').checked).toBe(false);
  expect(page.get<HTMLInputElement>('informed-signature').checked).toBe(true);
  await choose('Polio', '5001');
  expect(page.get<HTMLInputElement>('informed-signature').checked).toBe(false);
});

it('takes the parts of a combined vaccine out, and brings them back', async () => {
  const page = await shown();
  expect(groups()).toEqual(['DTaP', 'Polio']);
  await choose('Polio', '5001');
  expect(groups()).toEqual(['Polio']);
  expect(page.get('contains').textContent).toContain('DTaP');
  expect(page.find('add-vaccine')).toBeNull();
  await choose('Polio', '0306');
  expect(groups()).toEqual(['DTaP', 'Polio']);
});

it('asks before Esc throws away what was typed', async () => {
  const page = await shown();
  await page.fill('temperature', '36.6');
  await press('Escape');
  expect(asked.value).not.toBeNull();
  asked.value?.answer(false);
  await settled();
  expect(cancel).not.toHaveBeenCalled();
  await press('Escape');
  asked.value?.answer(true);
  await settled();
  expect(cancel).toHaveBeenCalledOnce();
});

it('leaves unasked where nothing was typed', async () => {
  await shown();
  await press('Escape');
  expect(asked.value).toBeNull();
  expect(cancel).toHaveBeenCalledOnce();
});
