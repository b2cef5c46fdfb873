import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../forecast/local-rules.ts';
import type { Schedule } from '../schedule/index.ts';
import { checkRule, preview } from './check-rule.ts';
import { antigensOf, doseRows } from './rows.ts';
import { emptyRule, type RuleForm, type RuleKind, ruleFrom } from './rule-form.ts';

const DATA = new URL('../../../backend/miaopu/catalog/schedules/', import.meta.url);
const read = (name: string): Schedule =>
  JSON.parse(readFileSync(new URL(`${name}.json`, DATA), 'utf8')) as Schedule;
const edition = read('cn-nip-2026');
const schedules = { 'cn-nip-2026': edition, 'cn-non-programme': read('cn-non-programme') };
const TODAY = '2026-11-23';
const over = { schedules, name: 'cn-nip-2026', before: [] as Rule[] };
const about = {
  name: '330102-1',
  region: '330102',
  edition,
  schedules,
  by: 'county',
  at: '2026-11-23T01:00:00.000Z',
};

function made(kind: RuleKind, more: Partial<RuleForm>): Rule {
  const result = ruleFrom({ ...emptyRule(kind, TODAY), title: '规则', ...more }, about);
  if ('missing' in result) throw new Error(`missing ${result.missing.join()}`);
  return result.rule;
}

const FORMS: [RuleKind, Partial<RuleForm>][] = [
  ['visit', { maxInjections: '2', daysSinceLast: '14' }],
  ['interval', { antigen: 'HepB', dose: '2', amount: '2', unit: 'months' }],
  ['age', { antigen: 'Polio', dose: '4', amount: '18', unit: 'months', bornFrom: '2025-11-01' }],
  ['product', { antigen: 'Polio', dose: '3', vaccines: ['0303'], bornFrom: '2025-11-01' }],
  [
    'campaign',
    { vaccines: ['1201'], bornFrom: '2026-01-01', to: '2026-12-31', amount: '28', unit: 'days' },
  ],
  ['season', { antigen: 'Influenza', start: '09-01', end: '03-31' }],
  ['with', { schedule: 'cn-non-programme' }],
  ['without', { groups: ['HPV'] }],
  ['parameter', { parameter: 'hepb-dose1-dose3', value: '4 months' }],
];

describe('the form of a rule', () => {
  it.each(FORMS)('%s makes a rule in which the engine finds no error', (kind, more) => {
    const errors = checkRule(made(kind, more), over).filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
  });

  it.each([
    ['visit', {}, ['maxInjections']],
    ['visit', { maxInjections: '2.5' }, ['maxInjections']],
    ['interval', { antigen: 'HepB', dose: '1', amount: '2' }, ['dose']],
    ['interval', { dose: '2', amount: 'two' }, ['antigen', 'amount']],
    ['campaign', { vaccines: ['1201'], bornFrom: '2026-01-01', to: '2026-11-01' }, ['to']],
    ['age', { antigen: 'Polio', dose: '4', bornFrom: '2026-01-01' }, ['amount']],
    [
      'product',
      { antigen: 'Polio', bornFrom: '2026-01-01', bornTo: '2025-01-01' },
      ['vaccines', 'bornTo'],
    ],
    ['season', { antigen: 'Influenza', start: '13-01', end: '02-30' }, ['start', 'end']],
    ['without', {}, ['groups']],
    ['visit', { maxInjections: '2', title: ' ' }, ['title']],
    ['visit', { maxInjections: '2', until: '2026-01-01' }, ['until']],
  ] as [RuleKind, Partial<RuleForm>, string[]][])('%s with %j lacks %j', (kind, more, missing) => {
    const form = { ...emptyRule(kind, TODAY), title: '规则', ...more };
    expect(ruleFrom(form, about)).toEqual({ missing });
  });

  it('knows which schedule a rule is about', () => {
    expect(made('season', { antigen: 'Influenza', start: '09-01', end: '03-31' }).schedule).toBe(
      'cn-non-programme',
    );
    expect(made('without', { groups: ['HPV'] }).schedule).toBeUndefined();
    expect(made('parameter', { parameter: 'ev71-before', value: '36 months' }).schedule).toBe(
      'cn-non-programme',
    );
  });
});

describe('the check of a rule', () => {
  it('says what becomes impossible', () => {
    const rule = made('interval', { antigen: 'DTaP', dose: '2', amount: '3', unit: 'months' });
    expect(checkRule(rule, over)).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        code: 'impossibleBefore',
        params: expect.objectContaining({ antigen: 'DTaP', dose: 2, earliest: '5 months' }),
      }),
    );
  });

  it('is an error where the rule fits nothing, whatever it is', () => {
    const wrong = made('interval', { antigen: 'DTaP', dose: '19', amount: '3' });
    const broken = { ...wrong, layer: { kind: 'party' } } as unknown as Rule;
    for (const rule of [wrong, broken]) {
      expect(checkRule(rule, over)).toMatchObject([{ severity: 'error', code: 'badLayer' }]);
    }
  });
});

describe('the preview', () => {
  it('shows what changes for an example child, and only that as changed', () => {
    const rule = made('interval', { antigen: 'HepB', dose: '2', amount: '2', unit: 'months' });
    const example = {
      birth: '2026-11-01',
      sex: 'F' as const,
      doses: [{ date: '2026-11-01', code: '0201' }],
    };
    const rows = preview(rule, over, example, TODAY);
    expect(rows.filter(({ changed }) => changed)).toMatchObject([
      { group: 'HepB', before: { earliest: '2026-12-01' }, after: { earliest: '2027-01-01' } },
    ]);
    expect(rows.length).toBe(edition.groups.length);
  });
});

describe('the table of an edition', () => {
  it('has every dose with its ages and the source of the fact', () => {
    const rows = doseRows(edition);
    const second = rows.find(({ group, number }) => group === 'DTaP' && number === 2);
    expect(second).toMatchObject({ recommended: '4 months', interval: '28 days' });
    expect(rows.every(({ source }) => source)).toBe(true);
    expect(antigensOf(edition)).toContainEqual({ antigen: 'BCG', group: 'BCG', doses: 1 });
  });
});
