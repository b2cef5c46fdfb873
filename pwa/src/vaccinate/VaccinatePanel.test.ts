// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { type Mounted, mount, settled } from '../../testing/mount.ts';
import type { ChildDoc, NewEvent } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import { wallClock } from '../clock/clock.ts';
import { reportTrace } from '../devices/card.ts';
import type { DueItem } from '../forecast/plan.ts';
import { noteSwiped, swiped } from '../guardian/certificate.ts';
import { createMirror } from '../storage/mirror.ts';
import { asked } from '../ui/confirm.ts';
import { catalogMirror, type Workspace, workspace } from '../workspace/workspace.ts';
import VaccinatePanel from './VaccinatePanel.vue';

const lots = [
  ...[
    ['0402', 'A1'],
    ['0402', 'A2'],
    ['0306', 'S1'],
    ['5001', 'P1'],
  ].map(
    ([vaccine, key]) =>
      ({
        ...{ vaccine, key, lot: key, usable: true, expired: false, balance: 9 },
        ...{ expiry: '2099-01-01', maker: 'M', since: '2020-01-01', takenBy: [] },
      }) as Lot,
  ),
];
vi.mock('../stock/useStock', () => ({
  useLots: () => ({ value: lots }),
  perVialOf: () => 1,
}));
vi.mock('../status/useFreshness', async () => {
  const { computed } = await import('vue');
  return {
    useFreshness: () =>
      computed(() => ({ stale: false, deaf: deaf.now, heardAt: null, elsewhere: [] })),
  };
});
const deaf = vi.hoisted(() => ({ now: false }));

const due = (group: string, target: number, vaccines: string[]): DueItem => ({
  ...{ group, target, vaccines, held: null, recommended: '2026-11-01', earliest: null },
  ...{ pastDue: null, overdueDays: 0, seriesType: 'standard', reasons: [] },
});
const DTAP = due('DTaP', 2, ['0402']);
const POLIO = due('Polio', 2, ['0306', '5001']);

const today = wallClock(Date.now()).date;
let child: ChildDoc;
let page: Mounted<Record<string, unknown>>;
let known = 0;
const written: NewEvent[] = [];
const add = vi.fn(async (_id: string, events: readonly NewEvent[]) => {
  written.push(...events);
  const made = events.map((event) => [
    `01Z0000000000000000000${String(known++).padStart(4, '0')}`,
    { ...event, at: new Date().toISOString(), by: 'nurse1', site: '9901210001' },
  ]);
  child = { ...child, events: { ...child.events, ...Object.fromEntries(made) } };
  return child;
});
const done = vi.fn();
const cancel = vi.fn();

async function shown(wanted: readonly DueItem[] = [DTAP], typed = ''): Promise<void> {
  page = await mount(VaccinatePanel as never, {
    ...{ child, forecast: null, wanted, due: [DTAP, POLIO], offered: [], typed },
    onChanged: (changed: ChildDoc) => void page.set({ child: changed }),
    onDone: done,
    onCancel: cancel,
  });
}
async function press(key: string, target: EventTarget = document.activeElement ?? window) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  // What a browser does with Enter on a button.
  if (key === 'Enter' && !event.defaultPrevented && target instanceof HTMLButtonElement) {
    target.click();
  }
  await settled();
  await settled();
}
const step = () => page.get('vaccinate-panel').dataset.stepNow;
const kinds = () => written.map(({ kind }) => kind);

beforeEach(() => {
  vi.clearAllMocks();
  written.length = 0;
  deaf.now = false;
  swiped.value = null;
  child = { _id: 'child:A', type: 'child', facts: {}, events: {} } as unknown as ChildDoc;
  const usage = { route: 'im', site: 'left_thigh', kind: 'inactivated', dose: { zh: '0.5 mL' } };
  const questions = { fever: { zh: '发热', en: 'Fever' }, immune: { zh: '免疫', en: 'Immune' } };
  const entries = {
    'precheck-question': Object.fromEntries(
      Object.entries(questions).map(([code, names]) => [
        code,
        { ...names, more: { finds: { vaccines: 'all', outcome: 'deferred', reason: 'fever' } } },
      ]),
    ),
    vaccine: {
      '0402': { zh: '百白破', en: 'DTaP', more: { ...usage, groups: ['DTaP'] } },
      '0306': {
        zh: '脊灰',
        en: 'sIPV',
        more: { ...usage, site: 'right_thigh', groups: ['Polio'] },
      },
      '5001': {
        ...{ zh: '五联', en: '5 in 1' },
        more: { ...usage, groups: ['DTaP', 'Polio', 'Hib'], programme: false },
      },
    },
    'body-site': Object.fromEntries(
      ['left_thigh', 'right_thigh'].map((code) => [code, { zh: code, en: code }]),
    ),
  };
  catalogMirror.take(
    Object.entries(entries).map(([name, all]) => ({
      ...{ _id: `dictionary:${name}`, entries: all },
    })) as unknown as Parameters<typeof catalogMirror.take>[0],
  );
  workspace.value = {
    site: '9901210001',
    documents: createMirror(() => true),
    members: () => ['child:A'],
    index: { rows: () => [] },
    readAll: async () => [],
    repository: { addEvents: add, warnings: () => [] },
  } as unknown as Workspace;
});

/** All steps up to the dose, as short as they go. */
async function untilGive(): Promise<void> {
  await page.fill('temperature', '36.6');
  await press('F9');
  await press('Enter');
  await press('s', window);
  expect(step()).toBe('give');
}

it('goes from desk to desk by few keys, each step recorded as it is done', async () => {
  noteSwiped('child:A');
  await shown([DTAP], '3');
  expect(page.get<HTMLInputElement>('temperature').value).toBe('3');
  expect(document.activeElement).toBe(page.get('temperature'));
  await page.fill('temperature', '36.6');
  await press('F9');
  expect([step(), kinds()]).toEqual(['register', ['precheck']]);
  await press('Enter');
  expect([step(), kinds().at(-1)]).toEqual(['consent', 'registration']);
  await press('s', window);
  expect([step(), kinds().at(-1)]).toEqual(['give', 'consent']);
  await press('1', window);
  for (const look of ['vial', 'guardian', 'given']) {
    expect(page.get('look').dataset.look).toBe(look);
    expect(document.activeElement).toBe(page.get('look'));
    await press('Enter');
  }
  expect(kinds()).toEqual(['precheck', 'registration', 'consent', 'dose']);
  expect(written.at(-1)).toMatchObject({
    ...{ vaccine: '0402', lot: 'A1', amount: '0.5 mL', spec: '1 人份/支', body_site: 'left_thigh' },
    ...{ informed: { method: 'signature', relation: 'mother' }, consent: expect.any(String) },
  });
  expect(done).toHaveBeenCalledExactlyOnceWith(expect.anything(), ['0402']);
});

it('answers the questions one by one, and takes out what it finds with advice', async () => {
  await shown();
  await page.fill('temperature', '36.6');
  await press('Enter');
  expect(document.activeElement?.closest('[data-question]')).not.toBeNull();
  await press('j');
  await press('n');
  await page.click('precheck-save');
  expect(page.get('needs').textContent).toContain('医学建议');
  await page.fill('advice', '退热一周后再来');
  await page.click('precheck-save');
  expect(written[0]).toMatchObject({
    ...{ answers: { fever: true, immune: false }, passed: false, advice: '退热一周后再来' },
  });
  expect(done).toHaveBeenCalledExactlyOnceWith(expect.anything(), []);
});

it('passes nothing by F9 but the questions: a temperature or why there is none', async () => {
  await shown();
  await press('F9');
  expect(step()).toBe('precheck');
  expect(written).toEqual([]);
  await page.click('temperature-untaken');
  await page.fill('untaken-why', '哭闹');
  await press('F9');
  expect(written[0]).toMatchObject({ unmeasured: '哭闹', passed: true });
});

it('takes single vaccines in and out by their numbers, and the parts of a combined one out', async () => {
  await shown();
  await page.fill('temperature', '36.6');
  await press('F9');
  const chosen = () =>
    [...document.querySelectorAll<HTMLElement>('[data-testid=set-row]')].map(
      (row) => `${row.dataset.group} ${row.dataset.chosen}`,
    );
  expect(chosen()).toEqual(['DTaP true', 'Polio false']);
  await press('2', window);
  expect(chosen()).toEqual(['DTaP true', 'Polio true']);
  document.querySelector<HTMLInputElement>('[data-group=Polio] input[value="5001"]')?.click();
  await settled();
  expect(chosen()).toEqual(['DTaP false', 'Polio true']);
  expect(page.get('covered').textContent).toContain('五联');
  await page.click('register-set');
  expect(written.at(-1)).toMatchObject({ kind: 'registration', vaccines: ['5001'] });
});

it('signs a form for a vaccine outside the programme, and takes no word for it', async () => {
  child.events = {
    '01A': { kind: 'precheck', passed: true, date: today },
    '01B': {
      ...{ kind: 'registration', vaccines: ['5001'] },
      date: today,
    },
  } as unknown as ChildDoc['events'];
  await shown([]);
  expect(step()).toBe('consent');
  expect(page.find('informed-spoken')).toBeNull();
  await press('k', window);
  expect(written).toEqual([]);
  await page.click('informed-signature');
  expect(written[0]).toMatchObject({ agreed: true, form: { code: '5001' } });
});

it('walks through the checks item by item after the vial, and names what is missing', async () => {
  await shown();
  await untilGive();
  expect(page.get('look').dataset.look).toBe('booklet');
  await press('Enter');
  await press('Enter');
  expect(page.get('needs').textContent).toContain('批号');
  expect(page.get('look').dataset.look).toBe('vial');
  await press('2', window);
  await press('Enter');
  await press('Enter');
  expect(page.get('look').dataset.look).toBe('given');
  // Another vial: what was looked at of the first is not known of this one.
  await press('1', window);
  expect(page.get('look').dataset.look).toBe('vial');
  expect(kinds()).not.toContain('dose');
});

it('learns a product that it does not know, with undo', async () => {
  await shown();
  await untilGive();
  reportTrace('89004020000000000001');
  await settled();
  await settled();
  expect(page.get('trace-code').textContent).toBe('89004020000000000001');
  expect(page.get('scan-said').textContent).toContain('第一次出现');
  await page.click('trace-undo');
  expect(page.get('trace-code').textContent).not.toContain('8900402');
});

it('asks for the last line of the booklet where it hears no other desk', async () => {
  deaf.now = true;
  noteSwiped('child:A');
  await shown();
  await untilGive();
  await press('1', window);
  await press('Enter');
  expect(page.get('look').dataset.look).toBe('vial');
  await page.click('booklet-empty');
  await press('Enter', page.get('look'));
  expect(page.get('look').dataset.look).toBe('guardian');
});

it('compares the booklet with the record as it was before this desk gave anything', async () => {
  deaf.now = true;
  noteSwiped('child:A');
  await shown([DTAP, POLIO]);
  await untilGive();
  await page.click('booklet-empty');
  await press('1', window);
  for (const _ of ['vial', 'guardian', 'given']) await press('Enter', page.get('look'));
  expect([step(), kinds().at(-1)]).toEqual(['give', 'dose']);
  expect(page.find('booklet-differs')).toBeNull();
});

it('asks before Esc throws away what was typed, and keeps what was recorded', async () => {
  await shown();
  await page.fill('temperature', '36.6');
  await press('Escape', window);
  expect(asked.value).not.toBeNull();
  asked.value?.answer(false);
  await settled();
  expect(cancel).not.toHaveBeenCalled();
  await press('F9');
  await press('Escape', window);
  expect(cancel).toHaveBeenCalledOnce();
});
