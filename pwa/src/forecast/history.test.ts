import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ChildDoc, standing, voided } from '../case/document.ts';
import { parseDay, type Schedule } from '../schedule/index.ts';
import { createForecaster } from './forecaster.ts';
import { engineChild } from './history.ts';
import type { Rule } from './local-rules.ts';

const data = (name: string) =>
  JSON.parse(
    readFileSync(
      new URL(`../../../backend/miaopu/catalog/schedules/${name}.json`, import.meta.url),
      'utf8',
    ),
  ) as Schedule;

const schedules = {
  'cn-nip-2026': data('cn-nip-2026'),
  'cn-non-programme': data('cn-non-programme'),
};
const nip = schedules['cn-nip-2026'];
const AT = { at: '2026-01-01T00:00:00.000Z', by: 'a' };
const WHO = { ...AT, station: '01K9A3Q6Z0000000000000000S', site: '1', offset_ms: 0, app: 'x' };

function child(facts: Record<string, unknown>, events: Record<string, object> = {}): ChildDoc {
  return {
    _id: 'child:1',
    _rev: '1-a',
    type: 'child',
    facts: Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, { value, ...AT }])),
    events: Object.fromEntries(
      Object.entries(events).map(([id, event]) => [id, { ...event, ...WHO }]),
    ),
  } as unknown as ChildDoc;
}

const BORN = { birth_date: '2026-09-01', sex: 'F' };
const DOSE = { kind: 'dose', date: '2026-09-01', vaccine: '0201', origin: 'given' };

describe('what the engine is told', () => {
  it('is nothing without a birth date', () => {
    expect(engineChild(child({}), nip)).toBeNull();
  });

  it('is the doses that stand, with the last good day of their lots', () => {
    const input = engineChild(
      child(BORN, {
        E1: { ...DOSE, expiry: '2027-01-01' },
        E2: DOSE,
        E3: { kind: 'void', target: 'E2', reason: '1' },
      }),
      nip,
    );
    expect(input).toEqual({
      birth: parseDay('2026-09-01'),
      sex: 'F',
      doses: [
        { id: 'E1', date: parseDay('2026-09-01'), code: '0201', expiry: parseDay('2027-01-01') },
      ],
      observations: [],
    });
  });

  it.each([
    [{ mother_hbsag: '1' }, ['mother-hbsag-positive']],
    [{ mother_hbsag: '2' }, []],
    [{ mother_hbsag: '3' }, ['mother-hbsag-unknown']],
    [{ mother_hiv: '1' }, ['hiv-exposed']],
    [{ gestation_weeks: 36, birth_weight_g: 1999 }, ['preterm', 'birth-weight-under-2000g']],
    [{ gestation_weeks: 37, birth_weight_g: 2000 }, []],
  ])('is what the card implies: %j', (facts, codes) => {
    const input = engineChild(child({ ...BORN, ...facts }), nip);
    expect(input?.observations?.map(({ code }) => code)).toEqual(codes);
    for (const code of codes) expect(nip.observations).toHaveProperty(code);
  });

  it.each([
    ['anaphylaxis', '0201', ['anaphylaxis-HepB']],
    ['serious_reaction', '0201', ['contraindicated-HepB']],
    ['immunodeficiency', undefined, ['immunodeficiency']],
    ['fever', undefined, nip.groups.map(({ name }) => `contraindicated-${name}`)],
  ])('is a contraindication: %s of %s', (code, vaccine, codes) => {
    const event = { kind: 'contraindication', code, date: '2026-10-01', until: '2026-10-08' };
    const input = engineChild(child(BORN, { E1: { ...event, ...(vaccine && { vaccine }) } }), nip);
    expect(input?.observations?.map((one) => one.code)).toEqual(codes);
    expect(input?.observations?.[0]?.end).toBe(parseDay('2026-10-08'));
    for (const one of codes) expect(nip.observations).toHaveProperty(one);
  });
});

describe('voids', () => {
  const events = {
    E1: DOSE,
    E2: { kind: 'void', target: 'E1', reason: '1' },
    E3: { kind: 'void', target: 'E2', reason: '1' },
  };
  it('of a void let the event stand again', () => {
    expect([...voided(child({}, { E1: events.E1, E2: events.E2 }))]).toEqual(['E1']);
    expect([...voided(child({}, events))]).toEqual(['E2']);
    expect(standing(child({}, events), 'dose').map(({ id }) => id)).toEqual(['E1']);
  });
  const { cases } = JSON.parse(
    readFileSync(new URL('../../../tests/vectors/voids.json', import.meta.url), 'utf8'),
  ) as { cases: { title: string; voids: Record<string, string>; voided: string[] }[] };
  it.each(cases.map((one) => [one.title, one] as const))('%s', (_, one) => {
    const voids = Object.entries(one.voids).map(([id, target]) => [id, { kind: 'void', target }]);
    const all = [['E1', DOSE], ['E2', DOSE], ...voids];
    for (const order of [all, [...all].reverse()]) {
      expect([...voided(child({}, Object.fromEntries(order)))].sort()).toEqual(one.voided);
    }
  });
});

describe('the forecaster', () => {
  const settings = { schedules: ['cn-nip-2026', 'cn-non-programme'] };

  it('offers the others beside the programme, and tells apart what is due of each', () => {
    const forecaster = createForecaster(schedules, settings);
    const answer = forecaster?.forecast(child(BORN), '2026-09-01');
    const groups = answer?.groups.map(({ vaccineGroup }) => vaccineGroup);
    expect(groups).toEqual(expect.arrayContaining(['HepB', 'BCG', 'Rotavirus']));
    const next = forecaster?.next(child(BORN), '2026-09-01');
    expect(next?.programme?.date).toBe('2026-09-01');
    expect(next?.programme?.groups.sort()).toEqual(['BCG', 'HepB']);
    expect(next?.besides).toMatchObject({ date: '2026-10-13', groups: ['Rotavirus'] });
  });

  it('is none without a schedule, and another with another parameter', () => {
    expect(createForecaster({}, settings)).toBeNull();
    const plain = createForecaster(schedules, settings);
    const other = createForecaster(schedules, {
      ...settings,
      parameters: { 'hepb-dose1-dose3': '4 months', 'of-no-schedule': 'x' },
    });
    expect(other?.key).not.toBe(plain?.key);
    // What is kept of a child's due dates is kept for one state of the local rules.
    const rule = (rev: string): Rule => ({
      _id: 'layer:two',
      _rev: rev,
      type: 'layer',
      name: 'two',
      title: '两针',
      region: '330102',
      effective: '2026-01-01',
      layer: { kind: 'visit', maxInjections: 2 },
      updated_at: AT.at,
      updated_by: AT.by,
    });
    const keys = [[], [rule('1-a')], [rule('2-b')]].map(
      (rules) => createForecaster(schedules, { ...settings, rules })?.key,
    );
    expect(new Set(keys).size).toBe(3);
    const mended = createForecaster(schedules, {
      ...settings,
      revisions: { 'cn-nip-2026': '2-x' },
    });
    expect(mended?.key).not.toBe(plain?.key);
    expect(other?.schedule.parameters?.['hepb-dose1-dose3']?.value).toBe('4 months');
  });
});
