import { describe, expect, it } from 'vitest';
import { checkSchedule, chooseEdition, parseDay } from '../index.ts';
import type { Day, Layer } from '../types.ts';
import { type Answer, answer, type CnCase, schedule } from './load.ts';

const EDITIONS = ['cn-nip-2021', 'cn-nip-2025', 'cn-nip-2025-hpv', 'cn-nip-2026'];

/** The answer for one group. */
function ask(
  each: { dob: string; asOf: string; doses: [date: string, code: string][]; group: string },
  layers: Layer[] = [],
): { group: Answer['groups'][number] | undefined; statuses: (string | undefined)[] } {
  const child: Pick<CnCase, 'dob' | 'gender' | 'assessment_date' | 'schedule' | 'doses'> = {
    dob: each.dob,
    gender: 'F',
    assessment_date: each.asOf,
    schedule: 'cn-nip-2026',
    doses: each.doses.map(([date, code], index) => ({
      n: index + 1,
      date,
      code,
      expect_status: null,
    })),
  };
  const { groups, doses } = answer(child, layers);
  return {
    group: groups.find((group) => group.vaccine_group === each.group),
    statuses: child.doses.map(
      ({ n }) => doses.find((dose) => dose.n === n && dose.vaccine_group === each.group)?.status,
    ),
  };
}

describe('the schedules', () => {
  it.each([...EDITIONS, 'cn-non-programme'])('%s has nothing wrong', (name) => {
    // Doses that stand in for skipped ones come after them, which the checker warns of.
    const errors = checkSchedule(schedule(name)).filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
  });

  it.each([
    ['2024-12-31', 'cn-nip-2021'],
    ['2025-01-01', 'cn-nip-2025'],
    ['2025-11-10', 'cn-nip-2025-hpv'],
    ['2026-06-17', 'cn-nip-2026'],
  ])('on %s %s is in force', (on, name) => {
    const born = parseDay('2020-01-01') as Day;
    expect(chooseEdition(EDITIONS.map(schedule), born, parseDay(on) as Day)?.name).toBe(name);
  });
});

describe('parameters', () => {
  const hepB = {
    dob: '2025-01-10',
    asOf: '2026-01-10',
    group: 'HepB',
    doses: [
      ['2025-06-01', '0201'],
      ['2025-07-01', '0201'],
    ] as [string, string][],
  };

  it('hepb-dose1-dose3: nationally 60 days after the second, in Beijing 4 months after the first', () => {
    expect(ask(hepB).group?.earliest_date).toBe('2025-08-30');
    const beijing: Layer = { kind: 'parameter', name: 'hepb-dose1-dose3', value: '4 months' };
    expect(ask(hepB, [beijing]).group?.earliest_date).toBe('2025-10-01');
  });

  it('je-mixed: without it JE-L and JE-I do not continue each other', () => {
    const mixed = {
      dob: '2023-03-10',
      asOf: '2026-11-20',
      group: 'JE',
      doses: [
        ['2023-11-10', '1802'],
        ['2023-11-18', '1802'],
        ['2025-03-10', '1801'],
      ] as [string, string][],
    };
    expect(ask(mixed).group?.series_status).toBe('Complete');
    const apart: Layer = { kind: 'parameter', name: 'je-mixed', value: false };
    expect(ask(mixed, [apart]).group).toMatchObject({
      series_status: 'Not Complete',
      forecast_number: '2',
      earliest_date: '2026-03-10',
    });
  });

  it('hpv-least-interval: 6 months makes the warning band a bar', () => {
    const early = {
      dob: '2013-03-10',
      asOf: '2026-11-20',
      group: 'HPV',
      doses: [
        ['2026-05-10', '5501'],
        ['2026-10-20', '5501'],
      ] as [string, string][],
    };
    expect(ask(early).statuses).toEqual(['Valid', 'Valid']);
    const strict: Layer = { kind: 'parameter', name: 'hpv-least-interval', value: '6 months' };
    expect(ask(early, [strict]).statuses).toEqual(['Valid', 'Not Valid']);
  });
});

describe('the vaccines outside the programme, switched on', () => {
  const besides: Layer = { kind: 'with', schedule: schedule('cn-non-programme') };
  const child = { dob: '2025-03-10', asOf: '2026-11-20' };

  it('stand beside the programme and leave it as it is', () => {
    const doses: [string, string][] = [['2026-04-10', '2201']];
    const group = (name: string, layers: Layer[]): unknown =>
      ask({ ...child, doses, group: name }, layers).group;
    expect(group('Varicella', [])).toBeUndefined();
    expect(group('Varicella', [besides])).toMatchObject({ forecast_number: '2' });
    for (const name of ['HepB', 'BCG', 'Polio', 'DTaP', 'MPSV', 'MMR', 'JE', 'HepA', 'HPV']) {
      expect(group(name, [besides])).toEqual(group(name, []));
    }
  });

  it('count a combined vaccine for both', () => {
    const doses: [string, string][] = [
      ['2025-05-10', '5001'],
      ['2025-06-10', '5001'],
      ['2025-07-10', '5001'],
    ];
    for (const name of ['DTaP', 'Polio', 'Hib']) {
      expect(ask({ ...child, doses, group: name }, [besides]).statuses).toEqual([
        'Valid',
        'Valid',
        'Valid',
      ]);
    }
  });

  it('keep live vaccines apart across both schedules', () => {
    const doses: [string, string][] = [
      ['2026-11-01', '1201'],
      ['2026-11-15', '2201'],
    ];
    const { statuses, group } = ask({ ...child, doses, group: 'Varicella' }, [besides]);
    expect(statuses[1]).toBe('Not Valid');
    expect(group?.earliest_date).toBe('2026-12-13');
  });
});

describe('an emergency campaign', () => {
  it('gives a dose at 6 months that the routine does not count', () => {
    const campaign: Layer = {
      kind: 'campaign',
      name: '2026年麻疹应急接种',
      vaccines: ['1201'],
      births: { from: '2026-01-01', to: '2026-06-30' },
      from: '2026-11-01',
      to: '2026-11-30',
      minInterval: '28 days',
    };
    const child = { dob: '2026-04-20', asOf: '2026-11-20' };
    const before = ask({ ...child, doses: [], group: '2026年麻疹应急接种' }, [campaign]);
    expect(before.group?.series_status).toBe('Not Complete');
    const after = ask({ ...child, doses: [['2026-11-20', '1201']], group: 'MMR' }, [campaign]);
    expect(after.statuses).toEqual(['Not Valid']);
    expect(after.group).toMatchObject({ forecast_number: '1', earliest_date: '2026-12-20' });
  });
});

describe('the number of the dose that is due', () => {
  it.each([
    ['DTaP', 'the third of three by DT', '2018-01-20', ['0402', '0402'], 3],
    ['DTaP', 'DT after four DTaP', '2018-01-20', ['0402', '0402', '0402', '0402'], 5],
    ['MPSV', 'A+C for a child who never had A', '2023-01-20', [], 3],
    ['MPSV', 'the second A+C of such a child', '2018-01-20', ['1701'], 4],
    ['Polio', 'the fourth', '2020-01-20', ['0303', '0303', '0311'], 4],
  ])('%s: %s', (group, _, dob, codes, number) => {
    const months = [6, 10, 15, 32];
    const doses = codes.map((code, index): [string, string] => {
      const month = (code === '1701' ? 40 : (months[index] ?? 0)) + 1;
      const year = Number(dob.slice(0, 4)) + Math.floor((month - 1) / 12);
      return [`${year}-${String(((month - 1) % 12) + 1).padStart(2, '0')}-25`, code];
    });
    expect(ask({ dob, asOf: '2026-11-20', doses, group }).group).toMatchObject({
      series_status: 'Not Complete',
      target_dose: number,
    });
  });
});

describe('BCG from 3 months', () => {
  const asked = (asOf: string, observations: { code: string; date: string }[]): string[] => {
    const child = {
      dob: '2026-06-15',
      gender: 'F',
      assessment_date: asOf,
      schedule: 'cn-nip-2026',
      doses: [],
      observations,
    };
    const group = answer(child).groups.find(({ vaccine_group }) => vaccine_group === 'BCG');
    return group?.reasons.map(({ code }) => code) ?? [];
  };

  it('asks for the PPD test until its result is known', () => {
    expect(asked('2026-09-14', [])).not.toContain('forecast.maybeIndicated');
    expect(asked('2026-09-15', [])).toContain('forecast.maybeIndicated');
    const negative = { code: 'ppd-negative', date: '2026-09-18' };
    expect(asked('2026-09-18', [negative])).not.toContain('forecast.maybeIndicated');
    const positive = { code: 'ppd-positive', date: '2026-09-18' };
    expect(asked('2026-09-18', [positive])).toEqual(['forecast.contraindicated']);
  });
});
