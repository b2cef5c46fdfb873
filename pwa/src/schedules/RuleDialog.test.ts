// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { mount, settled } from '../../testing/mount.ts';
import { localDate } from '../clock/clock.ts';
import type { Rule } from '../forecast/local-rules.ts';
import type { Schedule } from '../schedule/index.ts';
import { SyncFault } from '../sync/server.ts';
import EditionDialog from './EditionDialog.vue';
import type { Proposal } from './programme.ts';
import RuleDialog from './RuleDialog.vue';
import RulePreview from './RulePreview.vue';
import type { Preview, RuleStore } from './rule-data.ts';
import { Trial } from './trial.ts';

const FILE = '../../../backend/miaopu/catalog/schedules/cn-nip-2026.json';
const edition = JSON.parse(readFileSync(resolve(import.meta.dirname, FILE), 'utf8')) as Schedule;
const over = { schedules: { [edition.name]: edition }, name: edition.name, before: [] as Rule[] };
/** The day of the dialog's own clock: a rule that begins today is in force in the trial. */
const TODAY = localDate(Date.now());

/** A server that tries what it is given, and keeps what is saved. */
function storeOf(answer: () => Partial<Preview> = () => ({})) {
  const asked: Proposal[] = [];
  const saved: Proposal[] = [];
  const store: RuleStore = {
    load: async () => ({ schedules: [], rules: [], sites: [], regions: [] }),
    ownEntries: async () => [],
    async preview(proposal) {
      asked.push(proposal);
      const before = { schedules: over.schedules, names: [edition.name], rules: [] };
      const after = proposal.type === 'layer' ? { ...before, rules: [proposal] } : before;
      const examples = new Trial({ before, after }, TODAY).examples();
      const region = { children: 12, changed: 3, dueBefore: 5, dueAfter: 4, groups: { DTaP: 3 } };
      return { problems: [], examples, region: { ...region, is_all: false }, ...answer() };
    },
    async save(proposal) {
      saved.push(proposal);
    },
  };
  return { store, asked, saved };
}

/** Waits until something is on the page; the page asks the server half a second after the last key. */
const shown = async (page: { find(id: string): HTMLElement | null }, testId: string) => {
  await vi.waitFor(() => expect(page.find(testId)).not.toBeNull(), { timeout: 20_000 });
  await settled();
};

async function opened(store: RuleStore) {
  const emitted: string[] = [];
  const page = await mount(RuleDialog, {
    store,
    region: '330102',
    by: 'county',
    sites: [],
    over,
    onSaved: () => emitted.push('saved'),
    onClose: () => emitted.push('close'),
  } as never);
  await page.fill('rule-title', '百白破间隔');
  return { page, emitted };
}

async function longInterval(page: Awaited<ReturnType<typeof opened>>['page']) {
  page.get<HTMLInputElement>('rule-kind-interval').click();
  await settled();
  await page.fill('rule-antigen', 'DTaP');
  await page.fill('rule-dose', '2');
  await page.fill('rule-amount', '3');
  await page.fill('rule-unit', 'months');
  await shown(page, 'trial-region');
}

const canSave = (page: { get(id: string): HTMLElement }) =>
  !(page.get('form-save') as HTMLButtonElement).disabled;

describe('the dialog of a rule', () => {
  it('shows what changes for ten children and for the region before it can be saved', async () => {
    const { store, asked, saved } = storeOf();
    const { page, emitted } = await opened(store);
    await page.fill('rule-maxInjections', '2');
    expect(canSave(page)).toBe(false);
    await shown(page, 'trial-region');
    expect(asked).toHaveLength(1);
    expect(page.get('trial-region').textContent).toContain('12 名儿童中，3 名');
    expect(page.get('trial-region').textContent).toContain('现在 5 名，改后 4 名');
    expect(document.querySelectorAll('[data-testid=trial-child]')).toHaveLength(10);
    expect(page.find('rule-good')).not.toBeNull();
    expect(canSave(page)).toBe(true);
    await page.click('form-save');
    expect(saved).toMatchObject([{ type: 'layer', layer: { kind: 'visit', maxInjections: 2 } }]);
    expect(emitted).toContain('saved');
  });

  it('says a warning once, and wants it confirmed, again after each change', async () => {
    const problem = {
      severity: 'warning' as const,
      code: 'impossibleBefore' as const,
      path: 'antigens/DTaP/other',
      params: {
        antigen: 'DTaP',
        series: 'other',
        dose: 2,
        earliest: '5 months',
        wanted: '4 months',
      },
    };
    const { store } = storeOf(() => ({ problems: [problem, { ...problem, path: 'another' }] }));
    const { page } = await opened(store);
    await longInterval(page);
    expect(document.querySelectorAll('[data-testid=rule-warning]')).toHaveLength(1);
    expect(page.find('rule-good')).toBeNull();
    expect(canSave(page)).toBe(false);
    await page.click('rule-confirm');
    expect(canSave(page)).toBe(true);
    const changed = [...document.querySelectorAll<HTMLElement>('[data-testid=trial-child]')];
    expect(changed.filter(({ dataset }) => dataset.changed !== '0').length).toBeGreaterThan(0);
    await page.fill('rule-amount', '4');
    expect(canSave(page)).toBe(false);
  });

  it('asks the server for nothing that cannot be, and shows why', async () => {
    const { store, asked } = storeOf();
    const { page } = await opened(store);
    page.get<HTMLInputElement>('rule-kind-age').click();
    await settled();
    await page.fill('rule-antigen', 'BCG');
    await page.fill('rule-amount', '9');
    await page.fill('rule-unit', 'years');
    await shown(page, 'rule-errors');
    expect(page.find('trial-busy')).toBeNull();
    expect(asked).toEqual([]);
    expect(canSave(page)).toBe(false);
  });

  it('cannot save what was not tried, and tries again when asked', async () => {
    let away = true;
    const { store } = storeOf(() => {
      if (away) throw new SyncFault('server', 'away');
      return {};
    });
    const { page } = await opened(store);
    await page.fill('rule-maxInjections', '2');
    await shown(page, 'trial-fault');
    expect(page.get('trial-fault').textContent).toContain('无法试算');
    expect(canSave(page)).toBe(false);
    away = false;
    page.get('trial-fault').querySelector('button')?.click();
    await shown(page, 'trial-region');
    expect(page.find('trial-fault')).toBeNull();
    expect(canSave(page)).toBe(true);
  });
});

describe('the preview for another child', () => {
  const rule = {
    _id: 'layer:a',
    type: 'layer',
    name: 'a',
    title: '规则',
    region: '330102',
    effective: TODAY,
    layer: {
      kind: 'interval',
      antigen: 'DTaP',
      dose: 2,
      interval: { from: 'previous', absMin: '3 months', min: '3 months' },
    },
    updated_at: `${TODAY}T00:00:00.000Z`,
    updated_by: 'county',
  } as Rule;
  const changed = () =>
    [...document.querySelectorAll<HTMLElement>('[data-testid=preview-row]')]
      .filter(({ dataset }) => dataset.changed === 'true')
      .map(({ dataset }) => dataset.group);

  it('begins with a child for whom an interval before DTaP-2 changes something', async () => {
    await mount(RulePreview, { rule, over });
    expect(changed()).toEqual(['DTaP']);
  });

  it('follows the child that is entered', async () => {
    const page = await mount(RulePreview, { rule, over });
    await page.fill('preview-birth', '2010-01-01');
    page.get('preview-birth').dispatchEvent(new Event('blur', { bubbles: true }));
    await settled();
    expect(changed()).toEqual([]);
    const before = document.querySelectorAll('select').length;
    await page.click('preview-add');
    expect(document.querySelectorAll('select')).toHaveLength(before + 1);
  });
});

describe('the dialog of an edition', () => {
  async function taken(text: string, shows: string) {
    const { store, asked, saved } = storeOf();
    const page = await mount(EditionDialog, { store, taken: ['cn-nip-2026'] });
    const input = page.get<HTMLInputElement>('edition-file');
    const file = new File([text], 'edition.json', { type: 'application/json' });
    Object.defineProperty(input, 'files', { value: [file], configurable: true });
    input.dispatchEvent(new Event('change', { bubbles: true }));
    await shown(page, shows);
    return { page, asked, saved };
  }

  it('takes a file, shows what changes, and saves it', async () => {
    const { page, asked, saved } = await taken(
      JSON.stringify({ ...edition, name: 'cn-nip-x' }),
      'trial-region',
    );
    expect(page.get('edition-name').textContent).toContain('cn-nip-x');
    expect(asked).toHaveLength(1);
    expect(page.find('trial-region')).not.toBeNull();
    if (page.find('rule-confirm')) await page.click('rule-confirm');
    await page.click('form-save');
    expect(saved).toMatchObject([{ _id: 'schedule:cn-nip-x', type: 'schedule' }]);
  });

  it.each([
    ['nonsense', '不是免疫程序文件'],
    [JSON.stringify(edition), '已有同名版本'],
  ])('takes no file such as %.12s', async (text, said) => {
    const { page, asked } = await taken(text, 'edition-wrong');
    expect(page.get('edition-wrong').textContent).toContain(said);
    expect(asked).toEqual([]);
    expect(canSave(page)).toBe(false);
  });

  it('shows what is wrong with an edition without antigens', async () => {
    const { page, asked } = await taken(
      JSON.stringify({ ...edition, name: 'cn-nip-x', antigens: [], groups: [] }),
      'rule-errors',
    );
    expect(page.get('rule-errors').textContent).toContain('没有任何疫苗成分');
    expect(asked).toEqual([]);
  });
});
