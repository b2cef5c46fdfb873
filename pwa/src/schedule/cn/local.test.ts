import { describe, expect, it } from 'vitest';
import {
  addAge,
  applyLayers,
  checkLayers,
  checkSchedule,
  chooseEdition,
  compile,
  forecast,
  parseDay,
} from '../index.ts';
import { type Answer, answer, type CnCase, schedule } from '../testing/cn.ts';
import type { Day, Layer, Schedule } from '../types.ts';

const COHORTS = ['DTaP', 'Polio', 'Measles', 'Rubella', 'Mumps'];
const EDITIONS = ['cn-nip-2021', 'cn-nip-2025', 'cn-nip-2025-hpv', 'cn-nip-2026'];

/** The answer for one group. */
function ask(
  each: { dob: string; asOf: string; doses: [date: string, code: string][]; group: string },
  layers: Layer[] = [],
): {
  group: Answer['groups'][number] | undefined;
  statuses: (string | undefined)[];
  reasons: (string[] | undefined)[];
} {
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
  const of = (n: number) => doses.find((dose) => dose.n === n && dose.vaccine_group === each.group);
  return {
    group: groups.find((group) => group.vaccine_group === each.group),
    statuses: child.doses.map(({ n }) => of(n)?.status),
    reasons: child.doses.map(({ n }) => of(n)?.reasons.map(({ code }) => code)),
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

describe('what the facts leave to a place', () => {
  const set = (name: string, value: string | boolean): Layer[] => [
    { kind: 'parameter', name, value },
  ];
  const asOf = '2026-11-20';

  it('polio-dose4-earliest: a campaign dose of bOPV at 3.5 years as the fourth', () => {
    const child = {
      dob: '2022-03-10',
      asOf,
      group: 'Polio',
      doses: [
        ['2022-05-10', '0303'],
        ['2022-06-10', '0303'],
        ['2022-07-10', '0311'],
        ['2025-09-10', '0311'],
      ] as [string, string][],
    };
    expect(ask(child).statuses[3]).toBe('Not Valid');
    expect(ask(child).group).toMatchObject({ forecast_number: '4', earliest_date: '2026-03-10' });
    const counted = ask(child, set('polio-dose4-earliest', '36 months'));
    expect(counted.statuses[3]).toBe('Valid');
    expect(counted.group?.series_status).toBe('Complete');
  });

  it('dtap-dose3-earliest: the third at 5 months of a series begun in 2025', () => {
    const child = {
      dob: '2024-10-15',
      asOf,
      group: 'DTaP',
      doses: [
        ['2025-01-15', '0402'],
        ['2025-02-15', '0402'],
        ['2025-03-15', '0402'],
      ] as [string, string][],
    };
    expect(ask(child).statuses).toEqual(['Valid', 'Valid', 'Not Valid']);
    const counted = ask(child, set('dtap-dose3-earliest', '5 months'));
    expect(counted.statuses).toEqual(['Valid', 'Valid', 'Valid']);
    expect(counted.group).toMatchObject({ forecast_number: '4', earliest_date: '2026-04-15' });
  });

  it('je-l-after-early: whether the year runs from a JE-L-2 that was too early', () => {
    const child = {
      dob: '2024-03-10',
      asOf: '2026-03-20',
      group: 'JE',
      doses: [
        ['2025-03-10', '1801'],
        ['2026-02-10', '1801'],
      ] as [string, string][],
    };
    expect(ask(child).statuses).toEqual(['Valid', 'Not Valid']);
    expect(ask(child).group?.earliest_date).toBe('2027-02-10');
    const since = ask(child, set('je-l-after-early', '28 days'));
    expect(since.group?.earliest_date).toBe('2026-03-10');
    // The year after the first dose stands in any case.
    const once = { ...child, doses: child.doses.slice(0, 1) };
    expect(ask(once, set('je-l-after-early', '28 days')).group?.earliest_date).toBe('2026-03-10');
  });

  it('hpv-three-doses-from-15: three where the first is given at 15 or later', () => {
    const begun = (first: string) => ({
      dob: '2011-11-15',
      asOf: '2028-11-20',
      group: 'HPV',
      doses: [
        [first, '5501'],
        [first.replace(/^\d+-\d+/, '2027-06'), '5501'],
      ] as [string, string][],
    });
    const three = set('hpv-three-doses-from-15', true);
    for (const first of ['2026-11-14', '2026-11-15']) {
      expect(ask(begun(first)).group?.series_status).toBe('Complete');
    }
    expect(ask(begun('2026-11-14'), three).group?.series_status).toBe('Complete');
    expect(ask(begun('2026-11-15'), three)).toMatchObject({
      statuses: ['Valid', 'Valid'],
      group: { series_status: 'Not Complete', forecast_number: '3', earliest_date: '2027-09-15' },
    });
    const one = { ...begun('2026-11-15'), doses: [['2026-11-15', '5501']] as [string, string][] };
    expect(ask(one, three).group).toMatchObject({
      earliest_date: '2026-12-13',
      recommended_date: '2026-12-15',
    });
    const none = { ...one, doses: [] };
    expect(ask(none, three).group).toEqual(ask(none).group);
  });

  it('abroad-weeks: doses given abroad at 6, 10 and 14 weeks', () => {
    const weeks = ['2025-04-21', '2025-05-19', '2025-06-16'];
    const child = { dob: '2025-03-10', asOf };
    const of = (code: string) => weeks.map((date): [string, string] => [date, code]);
    const abroad = set('abroad-weeks', true);
    for (const [group, code] of [
      ['Polio', '0311'],
      ['Polio', '0303'],
      ['DTaP', '0401'],
      ['DTaP', '0402'],
      ['DTaP', '5001'],
      ['Polio', '5001'],
    ] as const) {
      const asked = { ...child, group, doses: of(code) };
      expect(ask(asked).statuses).not.toEqual(['Valid', 'Valid', 'Valid']);
      expect(ask(asked, abroad).statuses, `${group} ${code}`).toEqual(['Valid', 'Valid', 'Valid']);
      // Who was born before the cohorts of today was not vaccinated otherwise abroad.
      const years = (date: string) => date.replace('2025', '2017');
      const older = {
        group,
        asOf,
        dob: years(child.dob),
        doses: asked.doses.map(([date, each]): [string, string] => [years(date), each]),
      };
      expect(ask(older, abroad).statuses, `${group} ${code}`).toEqual(['Valid', 'Valid', 'Valid']);
    }
    const dtap = { ...child, group: 'DTaP', doses: of('0401') };
    expect(ask(dtap, abroad).group).toMatchObject({
      forecast_number: '4',
      earliest_date: '2026-09-10',
    });
    // Nobody else gets another answer, and nothing is asked for sooner.
    for (const group of ['Polio', 'DTaP']) {
      for (const doses of [[], [['2025-05-10', '5001']]] as [string, string][][]) {
        const here = { ...child, group, doses };
        expect(ask(here, abroad).group).toEqual(ask(here).group);
      }
    }
  });

  it('ipv at 2, 3, 4 and 18 months for those born from 2025-11-01 (Zhejiang, Shanghai, Jiangsu)', () => {
    const births = { from: '2025-11-01' };
    const of = { antigen: 'Polio', births } as const;
    const ipv = ['0303', '0306'];
    const eighteen = { absMin: '18 months', min: '18 months', recommended: '18 months' };
    const layers: Layer[] = [
      { kind: 'product', ...of, dose: 3, vaccines: ipv },
      { kind: 'product', ...of, dose: 4, vaccines: ipv },
      { kind: 'age', ...of, dose: 4, ages: { ...eighteen, by: '24 months' } },
    ];
    const doses = (year: string): [string, string][] => [
      [`${year}-01-10`, '0303'],
      [`${year}-02-10`, '0303'],
      [`${year}-03-10`, '0303'],
    ];
    const child = { dob: '2025-11-10', asOf, group: 'Polio' };
    const two = { ...child, asOf: '2026-03-10', doses: doses('2026').slice(0, 2) };
    expect(ask(two).group?.vaccines[0]).toBe('0311');
    expect(ask(two, layers).group?.vaccines.slice(0, 2)).toEqual(ipv);
    expect(ask({ ...child, doses: doses('2026') }, layers).group).toMatchObject({
      forecast_number: '4',
      earliest_date: '2027-05-10',
      past_due_date: '2027-11-09',
      vaccines: [...ipv, '5001'],
    });
    // bOPV from elsewhere counts still.
    const opv = {
      ...two,
      asOf,
      doses: [...two.doses, ['2026-03-10', '0311']] as [string, string][],
    };
    expect(ask(opv, layers).statuses).toEqual(['Valid', 'Valid', 'Valid']);
    // The others, the day before as well, have the programme's.
    for (const dob of ['2025-10-31', '2019-09-30']) {
      const before = { ...two, dob, doses: doses('2026').slice(0, 2) };
      expect(ask(before, layers).group?.vaccines).toEqual(ask(before).group?.vaccines);
    }
    const errors = checkLayers(schedule('cn-nip-2026'), layers);
    expect(errors.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(() =>
      applyLayers(schedule('cn-nip-2026'), [
        { kind: 'product', ...of, dose: 3, vaccines: ['0402'] },
      ]),
    ).toThrow(/does not count/);
  });

  it('5301-before and the like: the age from which a combination is no longer offered', () => {
    const child = { dob: '2021-03-10', doses: [] };
    const offered = (group: string, age: string, layers: Layer[] = []) =>
      ask({ ...child, asOf: age, group }, layers).group?.vaccines;
    expect(offered('MPSV', '2026-11-20')).toContain('5301');
    expect(offered('MPSV', '2026-11-20', set('5301-before', '5 years'))).not.toContain('5301');
    expect(offered('MPSV', '2027-03-10')).not.toContain('5301');
    expect(offered('MPSV', '2027-03-10', set('5301-before', '7 years'))).toContain('5301');
  });
});

describe('a combination', () => {
  const besides: Layer = { kind: 'with', schedule: schedule('cn-non-programme') };
  const ages = Array.from({ length: 18 * 4 }, (_, quarter) => quarter * 3);

  it.each(EDITIONS)(
    'is offered by %s only at ages at which each of its parts may be given',
    (name) => {
      const local = compile(applyLayers(schedule(name), [besides]));
      const parts = Object.entries(local.schedule.vaccines).filter(([, { antigens }]) => {
        const of = (antigen: string) =>
          local.schedule.groups.find((group) => group.antigens.includes(antigen))?.name;
        return new Set(antigens.map(({ antigen }) => of(antigen))).size > 1;
      });
      expect(parts.map(([code]) => code)).toEqual(['2001', '4901', '5001', '5301']);
      const birth = parseDay('2012-03-10') as Day;
      for (const months of ages) {
        const asOf = addAge(birth, `${months} months`, 'clamp');
        const answer = forecast(local, { birth, sex: 'F', doses: [] }, asOf);
        for (const { vaccines, earliest, recommended } of answer.groups) {
          const days = [earliest, recommended].map((on) => Math.max(on ?? asOf, asOf));
          for (const [code, { antigens }] of parts.filter(([each]) => vaccines.includes(each))) {
            const fits = days.some((on) =>
              antigens.every(({ antigen }) => mayBeGiven(local.schedule, antigen, code, birth, on)),
            );
            expect(fits, `${code} at ${months} months`).toBe(true);
          }
        }
      }
    },
  );

  /** Whether a dose of the antigen's series takes the vaccine at that age. */
  function mayBeGiven(of: Schedule, antigen: string, code: string, birth: Day, on: Day): boolean {
    const reach = (age: string | undefined, otherwise: Day) =>
      age === undefined || age.startsWith('$') ? otherwise : addAge(birth, age, 'clamp');
    const doses = of.antigens
      .filter((each) => each.name === antigen)
      .flatMap(({ series }) => series)
      .flatMap((each) => each.doses);
    return doses.some(({ ages: rows, preferable, allowable }) =>
      [...preferable, ...(allowable ?? [])].some(
        (row) =>
          row.code === code &&
          reach(row.from, birth) <= on &&
          on < reach(row.to, on + 1) &&
          on < reach(rows?.[0]?.max, on + 1),
      ),
    );
  }

  it('outside its label counts for the part that fits, with a warning', () => {
    const doses: [string, string][] = [['2026-11-20', '5001']];
    const child = { dob: '2011-11-01', asOf: '2026-11-20', doses };
    expect(ask({ ...child, group: 'Polio', doses: [] }).group?.vaccines).toEqual(['0303', '0306']);
    const polio = ask({ ...child, group: 'Polio' });
    expect(polio.statuses).toEqual(['Valid']);
    expect(polio.reasons).toEqual([['dose.outsideLabel']]);
    expect(ask({ ...child, group: 'DTaP' }).statuses).toEqual(['Not Valid']);
  });
});

describe('a cohort rule', { timeout: 60_000 }, () => {
  const born = parseDay('2025-01-10') as Day;
  /** Three doses of one vaccine, begun at any age to 7 years. */
  const histories = Array.from({ length: 85 }, (_, month) => month * 30).flatMap((first) =>
    [28, 61, 184].map((gap) => [first, first + gap, first + 2 * gap]),
  );

  it.each(['cn-nip-2025', 'cn-nip-2026'])(
    'of %s refuses nothing that the rule of today takes',
    (name) => {
      const compiled = compile(schedule(name));
      // The calendar is the same every four years.
      const counting = (antigen: string, code: string, ages: number[], years: number) => {
        const birth = born - (years / 4) * 1461;
        const doses = ages.map((age, index) => ({ id: String(index), date: birth + age, code }));
        const answer = forecast(compiled, { birth, sex: 'F', doses }, birth + 3000);
        // What comes when nothing more is needed is not refused.
        return answer.doses.filter(
          (each) => each.antigen === antigen && /^(valid|extraneous)$/.test(each.status),
        ).length;
      };
      for (const [code, { antigens }] of Object.entries(compiled.schedule.vaccines)) {
        for (const { antigen } of antigens) {
          if (!COHORTS.includes(antigen)) continue;
          for (const ages of histories) {
            const now = counting(antigen, code, ages, 0);
            const before = Math.min(...[4, 8].map((years) => counting(antigen, code, ages, years)));
            if (before < now) expect.fail(`${antigen} by ${code} at ${ages} days`);
          }
        }
      }
    },
  );
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
