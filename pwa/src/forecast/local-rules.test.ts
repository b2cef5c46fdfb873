import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Day, forecast, formatDay, parseDay, type Schedule } from '../schedule/index.ts';
import {
  type LocalSchedule,
  localSchedule,
  placeOf,
  type Rule,
  rulesFor,
  unreported,
} from './local-rules.ts';
import { readParameters, siteParameters } from './site-parameters.ts';

const DATA = new URL('../../../backend/miaopu/catalog/schedules/', import.meta.url);
const schedules = Object.fromEntries(
  ['cn-nip-2026', 'cn-non-programme'].map((name): [string, Schedule] => [
    name,
    JSON.parse(readFileSync(new URL(`${name}.json`, DATA), 'utf8')) as Schedule,
  ]),
);

const COUNTY = '330102';
const CITY = '330100';
const PROVINCE = '330000';
const SITE = '3301020001';
const PLACE = { site: SITE, regions: [PROVINCE, CITY, COUNTY] };

function rule(name: string, layer: unknown, more: Partial<Rule> = {}): Rule {
  return {
    _id: `layer:${name}`,
    _rev: '1-a',
    type: 'layer',
    name,
    title: name,
    region: COUNTY,
    effective: '2026-01-01',
    layer: layer as Rule['layer'],
    updated_at: '2026-01-01T00:00:00.000Z',
    updated_by: 'county',
    ...more,
  };
}

function local(rules: Rule[], more: Partial<Parameters<typeof localSchedule>[0]> = {}) {
  const made = localSchedule({ schedules, names: ['cn-nip-2026'], rules, ...more });
  if (!made) throw new Error('no schedule');
  return made;
}

function ask(
  made: LocalSchedule,
  group: string,
  doses: [string, string][] = [],
  asOf = '2026-11-20',
) {
  const child = {
    birth: parseDay('2026-01-10') as Day,
    sex: 'F' as const,
    doses: doses.map(([date, code], index) => ({
      id: String(index),
      date: parseDay(date) as Day,
      code,
    })),
  };
  const answer = forecast(made.compiled, child, parseDay(asOf) as Day);
  const found = answer.groups.find(({ vaccineGroup }) => vaccineGroup === group);
  return { earliest: found?.earliest == null ? null : formatDay(found.earliest), found, answer };
}

describe('the place of a site', () => {
  it('is what the catalog says, the province first', () => {
    const regionOf = () => COUNTY;
    const parents: Record<string, string> = { [COUNTY]: '339900', '339900': PROVINCE };
    const parentOf = (code: string) => parents[code] ?? null;
    expect(placeOf(SITE, { regionOf, parentOf }).regions).toEqual([PROVINCE, '339900', COUNTY]);
  });

  it('is what the codes say while the catalog does not, and a circle does not hang', () => {
    const none = () => null;
    expect(placeOf(SITE, { regionOf: none, parentOf: none })).toEqual(PLACE);
    expect(placeOf(SITE, { regionOf: () => COUNTY, parentOf: () => COUNTY }).regions).toEqual([
      COUNTY,
    ]);
  });
});

describe('the rules of a place', () => {
  const names = (rules: Rule[], today = '2026-11-20') =>
    rulesFor(rules, PLACE, today).map(({ name }) => name);

  it('come from the province down to the clinic, whatever order they are read in', () => {
    const layer = { kind: 'visit', maxInjections: 2 };
    const rules = [
      rule('of-this-clinic', layer, { sites: [SITE] }),
      rule('county-b', layer),
      rule('county-a', layer),
      rule('county-later', layer, { effective: '2026-03-01' }),
      rule('city', layer, { region: CITY }),
      rule('province', layer, { region: PROVINCE }),
    ];
    const order = ['province', 'city', 'county-a', 'county-b', 'county-later', 'of-this-clinic'];
    expect(names(rules)).toEqual(order);
    expect(names([...rules].reverse())).toEqual(order);
  });

  it('are those of its own regions and clinics, on their days, and not taken back', () => {
    const layer = { kind: 'visit', maxInjections: 2 };
    const rules = [
      rule('elsewhere', layer, { region: '330103' }),
      rule('other-clinic', layer, { sites: ['3301020002'] }),
      rule('tomorrow', layer, { effective: '2026-11-21' }),
      rule('over', layer, { until: '2026-11-19' }),
      rule('back', layer, { withdrawn: true }),
      rule('last-day', layer, { until: '2026-11-20' }),
    ];
    expect(names(rules)).toEqual(['last-day']);
  });
});

describe('the schedule of a clinic', () => {
  it('takes the last word from below', () => {
    const visit = (name: string, most: number, region: string) =>
      rule(name, { kind: 'visit', maxInjections: most }, { region });
    const made = local([visit('p', 3, PROVINCE), visit('c', 2, COUNTY)]);
    expect(made.schedule.visit?.maxInjections).toBe(2);
    const own = local([visit('p', 3, PROVINCE)], { parameters: { 'visit.injections': 1 } });
    expect(own.schedule.visit?.maxInjections).toBe(1);
  });

  it('judges no dose by an interval that was not a rule yet', () => {
    const interval = {
      kind: 'interval',
      antigen: 'HepB',
      dose: 2,
      interval: { from: 'previous', absMin: '60 days', min: '60 days' },
    };
    const doses: [string, string][] = [
      ['2026-01-10', '0201'],
      ['2026-02-12', '0201'],
    ];
    const status = (effective: string) =>
      ask(local([rule('longer', interval, { effective })]), 'HepB', doses).answer.doses.find(
        ({ id, vaccineGroup }) => id === '1' && vaccineGroup === 'HepB',
      )?.status;
    expect(status('2026-01-01')).toBe('notValid');
    expect(status('2026-11-01')).toBe('valid');
    const first: [string, string][] = [['2026-01-10', '0201']];
    const now = ask(local([rule('longer', interval)]), 'HepB', first, '2026-02-01');
    expect(now.earliest).toBe('2026-03-11');
  });

  it('holds a campaign among what everybody is due for, and voluntary vaccines apart', () => {
    const campaign = {
      kind: 'campaign',
      name: 'measles-2026',
      vaccines: ['1201'],
      births: { from: '2026-01-01' },
      from: '2026-11-01',
      to: '2026-11-30',
    };
    const made = local([
      rule('c', campaign),
      rule('w', { kind: 'with', schedule: 'cn-non-programme' }),
    ]);
    expect(made.schedules).toEqual(['cn-nip-2026', 'cn-non-programme']);
    expect(ask(made, 'measles-2026').earliest).toBe('2026-11-01');
    expect(made.programme.has('measles-2026')).toBe(true);
    expect(made.programme.has('HepB')).toBe(true);
    expect(made.programme.has('Varicella')).toBe(false);
    expect(ask(made, 'Varicella').found).toBeDefined();
  });

  it('does not call to a campaign who must not have its vaccine', () => {
    const campaign = {
      kind: 'campaign',
      name: 'measles-2026',
      vaccines: ['1201'],
      births: { from: '2026-01-01' },
      from: '2026-11-01',
      to: '2026-11-30',
    };
    const made = local([rule('c', campaign)]);
    const day = (date: string) => parseDay(date) as Day;
    const found = (code: string) =>
      forecast(
        made.compiled,
        {
          birth: day('2026-01-10'),
          sex: 'F',
          doses: [],
          observations: [{ code, date: day('2026-10-01') }],
        },
        day('2026-11-20'),
      ).groups.find(({ vaccineGroup }) => vaccineGroup === 'measles-2026')?.status;
    expect(found('immunodeficiency')).toBe('contraindicated');
    expect(found('preterm')).toBe('notComplete');
  });

  it('leaves a rule for another schedule alone where that is not in use', () => {
    const season = {
      kind: 'season',
      antigen: 'Influenza',
      season: { start: '09-01', end: '03-31' },
    };
    const flu = rule('flu', season, { schedule: 'cn-non-programme' });
    expect(local([flu])).toMatchObject({ used: [], skipped: [] });
    const both = local([flu], { names: ['cn-nip-2026', 'cn-non-programme'] });
    expect(both.used).toEqual([flu]);
    expect(ask(both, 'Influenza', [], '2026-07-20').earliest).toBe('2026-09-01');
  });
});

describe('what does not fit', () => {
  const good = rule('good', { kind: 'visit', maxInjections: 2 });

  it.each([
    [
      'names no dose',
      { kind: 'interval', antigen: 'DTaP', dose: 12, interval: { from: 'previous' } },
    ],
    ['lacks its interval', { kind: 'interval', antigen: 'HepB', dose: 2 }],
    [
      'has an age nobody can read',
      { kind: 'age', antigen: 'HepB', dose: 1, ages: { min: 'soon' } },
    ],
    ['is of no known kind', { kind: 'party' }],
    ['is empty', {}],
    [
      'names a vaccine that is none',
      { kind: 'campaign', name: 'x', vaccines: ['9999'], births: {} },
    ],
    ['sets what is no parameter', { kind: 'parameter', name: 'nothing', value: '1 month' }],
    ['sets a parameter to nonsense', { kind: 'parameter', name: 'hepb-dose1-dose3', value: 'x' }],
    ['offers a schedule that is not there', { kind: 'with', schedule: 'cn-nowhere' }],
  ])('a rule that %s is left out and told of, and the others hold', (_, layer) => {
    const made = local([rule('bad', layer), good]);
    expect(made.skipped).toMatchObject([{ id: 'layer:bad', rev: '1-a', title: 'bad' }]);
    expect(made.skipped[0]?.message).not.toBe('');
    expect(made.used).toEqual([good]);
    expect(made.schedule.visit?.maxInjections).toBe(2);
    expect(ask(made, 'HepB').earliest).toBe('2026-01-10');
  });

  it('a faulty schedule besides leaves the programme as it is', () => {
    const broken = { ...schedules['cn-non-programme'], antigens: null } as unknown as Schedule;
    const made = local([good], {
      schedules: { ...schedules, 'cn-non-programme': broken },
      names: ['cn-nip-2026', 'cn-non-programme'],
    });
    expect(made.skipped).toMatchObject([{ id: 'schedule:cn-non-programme' }]);
    expect(made.schedules).toEqual(['cn-nip-2026']);
    expect(ask(made, 'HepB').earliest).toBe('2026-01-10');
  });

  it("a clinic's own faulty parameter names its settings", () => {
    const settings = { id: `settings:${SITE}`, rev: '3-c' };
    const made = local([good], { parameters: { 'hepb-dose1-dose3': 'x' }, settings });
    expect(made.skipped).toMatchObject([{ ...settings, title: 'hepb-dose1-dose3' }]);
  });
});

describe('what a clinic sets for itself', () => {
  const over = { schedules, names: ['cn-nip-2026'], rules: [] };
  const form = (own: Record<string, string>) =>
    siteParameters(local([rule('two', { kind: 'visit', maxInjections: 2 })]).schedule, {}).map(
      (one) => ({ ...one, own: own[one.name] ?? '' }),
    );

  it('shows what holds otherwise: the region, then the schedule', () => {
    const shown = Object.fromEntries(form({}).map(({ name, otherwise }) => [name, otherwise]));
    expect(shown['visit.injections']).toBe('2');
    expect(shown['visit.oral']).toBeNull();
    expect(shown['je-mixed']).toBe(true);
  });

  it('keeps only what is set, and names what does not fit', () => {
    const set = { 'visit.injections': '3', 'je-mixed': 'false', 'hepb-dose1-dose3': '4 months' };
    expect(readParameters(form(set), over)).toEqual({
      parameters: { 'visit.injections': 3, 'je-mixed': false, 'hepb-dose1-dose3': '4 months' },
      wrong: [],
    });
    const bad = { 'visit.injections': 'many', 'visit.oral': '0', 'hepb-dose1-dose3': 'soon' };
    expect(readParameters(form(bad), over).wrong).toEqual([
      'visit.injections',
      'visit.oral',
      'hepb-dose1-dose3',
    ]);
  });
});

describe('reports of what does not fit', () => {
  it('are made once for each revision of a document', () => {
    const skipped = (id: string, rev: string) => ({ id, rev, title: 't', message: 'm' });
    const known = [{ document: 'layer:a', revision: '1-a' }];
    const all = [skipped('layer:a', '1-a'), skipped('layer:a', '2-b'), skipped('layer:a', '2-b')];
    expect(unreported(all, known)).toEqual([skipped('layer:a', '2-b')]);
  });
});
