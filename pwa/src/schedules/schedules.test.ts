import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import type { Rule } from '../forecast/local-rules.ts';
import type { ScheduleDocument } from '../models/generated.ts';
import { PROBLEM_CODES, type Schedule } from '../schedule/index.ts';
import { checkEdition, checkRule } from './check-rule.ts';
import { editionFrom } from './edition.ts';
import { type CatalogPart, changeOf, check, inForce } from './programme.ts';
import { antigensOf, seriesRows } from './rows.ts';
import { emptyRule, type RuleForm, type RuleKind, ruleFrom } from './rule-form.ts';
import { Trial } from './trial.ts';
import { once } from './usePreview.ts';
import zh from './words.zh.json';

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

  it('finds what an edition lacks', () => {
    expect(checkEdition(edition).filter(({ severity }) => severity === 'error')).toEqual([]);
    const empty = { ...edition, antigens: [], groups: [] };
    expect(checkEdition(empty)).toMatchObject([{ severity: 'error', code: 'noAntigens' }]);
    expect(checkEdition({} as Schedule)).toMatchObject([{ severity: 'error' }]);
  });

  it('has words for each problem', () => {
    expect(Object.keys(zh.rules.problem).sort()).toEqual([...PROBLEM_CODES].sort());
  });

  it('says each warning once, whatever series it comes from', () => {
    const rule = made('interval', { antigen: 'DTaP', dose: '2', amount: '3', unit: 'months' });
    const found = checkRule(rule, over);
    expect(found.length).toBeGreaterThan(1);
    expect(once([...found, ...found])).toMatchObject([{ params: { antigen: 'DTaP', dose: 2 } }]);
  });
});

describe('a trial', () => {
  const names = ['cn-nip-2026'];
  const before = { schedules, names, rules: [] };
  const trialOf = (rule: Rule) => new Trial({ before, after: { ...before, rules: [rule] } }, TODAY);

  it('shows what changes for an example child, and only that as changed', () => {
    const rule = made('interval', { antigen: 'HepB', dose: '2', amount: '2', unit: 'months' });
    const example = {
      birth: '2026-11-01',
      sex: 'F' as const,
      doses: [{ date: '2026-11-01', code: '0201' }],
    };
    const rows = trialOf(rule).rows(example);
    expect(rows.filter(({ changed }) => changed)).toMatchObject([
      { group: 'HepB', before: { earliest: '2026-12-01' }, after: { earliest: '2027-01-01' } },
    ]);
    expect(rows.length).toBe(edition.groups.length);
  });

  it('has ten children, up to date but for one, among whom any dose of the programme is next', () => {
    const rule = made('interval', { antigen: 'DTaP', dose: '2', amount: '3', unit: 'months' });
    const children = trialOf(rule).examples();
    expect(children.map(({ months }) => months)).toEqual([0, 1, 2, 3, 4, 6, 8, 14, 18, 48]);
    const changed = children.filter(({ rows }) => rows.some((row) => row.changed));
    expect(changed.map(({ months }) => months)).toEqual([2, 3]);
    for (const { months, rows } of children) {
      const due = rows.filter(({ after }) => after?.recommended && after.recommended < TODAY);
      expect([months, due.length > 0]).toEqual([months, months === 14]);
    }
    for (const [kind, more] of FORMS) {
      if (kind === 'visit' || kind === 'season' || kind === 'parameter') continue;
      const tried = trialOf(made(kind, more)).examples();
      expect([kind, tried.some(({ rows }) => rows.some((row) => row.changed))]).toEqual([
        kind,
        true,
      ]);
    }
  });

  it('counts the children of a region for whom something changes', () => {
    const AT = '2026-01-01T00:00:00.000Z';
    const child = (birth: string, status = '1'): ChildDoc =>
      ({
        _id: 'child:01K9A3Q6Z0000000000000000H',
        type: 'child',
        facts: {
          birth_date: { value: birth, at: AT, by: 'n' },
          register_status: { value: status, at: AT, by: 'n' },
        },
        events: {},
      }) as unknown as ChildDoc;
    const rule = made('without', { groups: ['HepB', 'BCG'] });
    const trial = trialOf(rule);
    trial.count([child('2026-11-01'), child('2026-11-01', '4')]);
    const tally = trial.count([child('2020-11-01')]);
    expect(tally).toMatchObject({ children: 2, changed: 2, dueBefore: 2, dueAfter: 1 });
    expect(tally.groups.HepB).toBe(2);
  });
});

describe('the programme of a catalog', () => {
  const document = (schedule: Schedule): ScheduleDocument => {
    const found = editionFrom(JSON.stringify(schedule));
    if (!found) throw new Error('no edition');
    return found;
  };
  const catalog: CatalogPart = {
    schedules: Object.values(schedules).map(document),
    rules: [],
    regions: [],
  };

  it('is the newest edition that has begun', () => {
    const later = { ...edition, name: 'cn-nip-2030', effective: '2030-01-01' };
    const all = [...catalog.schedules, document(later)];
    expect(inForce(all, TODAY)).toBe('cn-nip-2026');
    expect(inForce(all, '2030-01-01')).toBe('cn-nip-2030');
    expect(inForce([], TODAY)).toBeNull();
  });

  it('changes by an edition that comes in its place, or is offered besides', () => {
    const change = changeOf(catalog, document({ ...edition, name: 'cn-nip-x' }), '330000', TODAY);
    expect([change.before.names, change.after.names]).toEqual([['cn-nip-2026'], ['cn-nip-x']]);
    const besides = document({ ...schedules['cn-non-programme'], name: 'cn-non-programme-x' });
    expect(changeOf(catalog, besides, '330000', TODAY).after.names).toEqual([
      'cn-nip-2026',
      'cn-non-programme-x',
    ]);
  });

  it('changes by a rule that is added, changed or taken back', () => {
    const rule = made('visit', { maxInjections: '2' });
    const standing = { ...catalog, rules: [rule] };
    expect(changeOf(catalog, rule, '330102', TODAY).after.rules).toEqual([rule]);
    const changed = { ...rule, title: 'other' };
    expect(changeOf(standing, changed, '330102', TODAY)).toMatchObject({
      before: { rules: [rule] },
      after: { rules: [changed] },
    });
    const gone = { ...rule, withdrawn: true };
    const faulty = { ...rule, layer: { kind: 'party' } } as unknown as Rule;
    expect(check(catalog, faulty, '330102', TODAY)).toMatchObject([{ code: 'badLayer' }]);
    expect(check(catalog, { ...faulty, withdrawn: true }, '330102', TODAY)).toEqual([]);
    expect(changeOf(standing, gone, '330102', TODAY).after.rules).toEqual([]);
  });

  it.each(['', '{', '[]', 'null', '{"name":"a"}', '{"name":"","edition":"1","effective":"x"}'])(
    'takes %j for no edition',
    (text) => {
      expect(editionFrom(text)).toBeNull();
    },
  );
});

describe('the table of an edition', () => {
  const parts = seriesRows(edition);

  it('has every dose with its ages and the source of the fact', () => {
    const rows = parts.flatMap((part) => part.rows);
    const second = rows.find(({ group, number }) => group === 'DTaP' && number === 2);
    expect(second).toMatchObject({ recommended: '4 months', interval: '28 days' });
    expect(rows.every(({ source }) => source)).toBe(true);
    expect(antigensOf(edition)).toContainEqual({ antigen: 'BCG', group: 'BCG', doses: 1 });
  });

  it('gives no interval to the first dose of a series', () => {
    for (const { rows } of parts) expect(rows[0]?.interval).toBeNull();
  });

  it('tells doses of one number apart by whom they are for', () => {
    const hepb = parts.find(({ group }) => group === 'HepB')?.rows ?? [];
    const thirds = hepb.filter(({ number }) => number === 3);
    expect(thirds.map(({ only }) => only.flat())).toEqual([
      [],
      ['mother-hbsag-positive', 'mother-hbsag-unknown', 'birth-weight-under-2000g'],
    ]);
    expect(thirds[0]?.unless).toHaveLength(1);
    expect(hepb.filter(({ min }) => min === null).map(({ only }) => only)).toEqual([
      [['anti-hbs-low']],
      [['anti-hbs-low']],
      [['anti-hbs-low']],
    ]);
  });
});
