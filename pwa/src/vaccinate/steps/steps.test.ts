// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { reactive } from 'vue';
import { mount } from '../../../testing/mount.ts';
import type { Lot } from '../../case/lots.ts';
import { emptyVisit, type Item } from '../visit.ts';
import Consent from './Consent.vue';
import Give from './Give.vue';
import Precheck from './Precheck.vue';

const lot = { vaccine: '0402', key: 'A1', lot: 'A1', usable: true, balance: 9 } as Lot;
const item: Item = {
  key: 'DTaP',
  group: 'DTaP',
  target: 2,
  choices: ['0402', '5001'],
  vaccine: '0402',
  lot: 'A1',
  bodySite: 'left_thigh',
  route: 'im',
  selfPaid: false,
  traceCode: '',
};
const quiet = {
  items: [item],
  addable: [],
  lotsOf: () => [lot],
  groupsOf: () => ['DTaP'],
  warnings: [],
  lacking: [],
  busy: false,
  fault: null,
};
const box = (element: HTMLElement) => element as HTMLInputElement;

it('asks why no temperature was taken, and shows what is lacking', async () => {
  const visit = reactive(emptyVisit());
  const page = await mount(Precheck, { visit, lacking: [], busy: false });
  await page.fill('temperature', '36.6');
  expect(visit.temperature).toBe('36.6');
  expect(page.find('untaken-why')).toBeNull();
  await page.click('temperature-untaken');
  expect(visit).toMatchObject({ temperature: '', untaken: '' });
  expect(box(page.get('temperature')).disabled).toBe(true);
  await page.set({ lacking: ['untaken'] });
  expect(page.get('untaken-why').getAttribute('aria-invalid')).toBe('true');
  await page.fill('untaken-why', '哭闹');
  expect(visit.untaken).toBe('哭闹');
  await page.click('temperature-untaken');
  expect(visit.untaken).toBeNull();
});

it('offers to defer where something was found', async () => {
  const visit = reactive(emptyVisit());
  const onDefer = vi.fn();
  const page = await mount(Precheck, { visit, lacking: [], busy: false, onDefer });
  expect(page.find('defer')).toBeNull();
  await page.click('precheck-abnormal');
  await page.fill('precheck-note', '皮疹');
  await page.click('defer');
  expect(visit).toMatchObject({ precheck: 'abnormal', precheckNote: '皮疹' });
  expect(onDefer).toHaveBeenCalledOnce();
});

it('takes who agreed and how', async () => {
  const visit = reactive(emptyVisit());
  const page = await mount(Consent, { visit, vaccines: ['0402'], lacking: ['informed'] });
  expect(document.querySelector('.lacking')).not.toBeNull();
  await page.click('informed-signature');
  expect(visit.informed).toBe('signature');
});

it('is checked only with a lot for every vaccine', async () => {
  const visit = reactive(emptyVisit());
  const page = await mount(Give, { ...quiet, visit, items: [{ ...item, lot: '' }] });
  expect(box(page.get('verified')).disabled).toBe(true);
  await page.set({ items: [item] });
  await page.click('verified');
  expect(visit.verified).toBe(true);
});

it('shows warnings with a reason to give, what is lacking, and what a vaccine contains', async () => {
  const visit = reactive(emptyVisit());
  const page = await mount(Give, { ...quiet, visit });
  expect(page.find('override-reason')).toBeNull();
  expect(page.find('needs')).toBeNull();
  expect(page.find('contains')).toBeNull();
  await page.set({
    warnings: [{ code: 'dose.tooSoon', vaccine: '0402', text: '间隔不足' }],
    lacking: ['reason', 'verified'],
    groupsOf: () => ['DTaP', 'Polio', 'Hib'],
  });
  expect(page.get('warnings').textContent).toContain('间隔不足');
  expect(page.get('override-reason').getAttribute('aria-invalid')).toBe('true');
  expect(page.get('needs').textContent).toContain('警示的理由；三查七对一验证');
  expect(page.get('contains').textContent).toBe('已含Polio、Hib');
  await page.fill('override-reason', '疫区');
  expect(visit.reason).toBe('疫区');
});
