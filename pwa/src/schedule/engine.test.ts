/** One small schedule, one rule at a time; sections as in the specification. */
import { describe, expect, it } from 'vitest';
import {
  applyLayers,
  checkLayers,
  checkSchedule,
  compile,
  type Day,
  type Dose,
  type Forecast,
  forecast,
  formatDay,
  type GroupForecast,
  type Layer,
  type Observation,
  parseDay,
  planVisit,
  type Schedule,
  type Series,
  type SeriesDose,
} from './index.ts';

const day = (text: string): Day => parseDay(text) as Day;

const dose = (more: Partial<SeriesDose> = {}): SeriesDose => ({
  preferable: [{ code: 'A', forecast: true }],
  ...more,
});

const first = (more: Partial<SeriesDose> = {}): SeriesDose =>
  dose({
    ages: [
      { absMin: '2 months - 4 days', min: '2 months', recommended: '2 months', by: '3 months' },
    ],
    ...more,
  });

const second = (more: Partial<SeriesDose> = {}): SeriesDose =>
  dose({
    ages: [{ recommended: '4 months', max: '5 years' }],
    intervals: [{ from: 'previous', absMin: '4 weeks - 4 days', min: '4 weeks' }],
    ...more,
  });

const oneSeries = (doses: SeriesDose[], more: Partial<Series> = {}): Series => ({
  name: 'A',
  vaccineGroup: 'A',
  type: 'standard',
  default: true,
  doses,
  ...more,
});

const schedule = (series: Series[], more: Partial<Schedule> = {}): Schedule => ({
  name: 'small',
  edition: '1',
  effective: '2020-01-01',
  codeSystem: 'test',
  monthArithmetic: 'clamp',
  vaccines: {
    A: { antigens: [{ antigen: 'A' }], route: 'injection' },
    A2: { antigens: [{ antigen: 'A' }], route: 'injection' },
    L: { antigens: [{ antigen: 'L' }], live: true, route: 'injection' },
  },
  groups: [{ name: 'A', antigens: ['A'] }],
  antigens: [{ name: 'A', series }],
  ...more,
});

const BIRTH = '2025-01-10';

interface Asked {
  doses?: [date: string, code: string, more?: Partial<Dose>][];
  observations?: Observation[];
  asOf?: string;
}

function ask(given: Schedule, { doses = [], observations = [], asOf = '2026-01-10' }: Asked = {}) {
  const answer = forecast(
    compile(given),
    {
      birth: day(BIRTH),
      sex: 'F',
      doses: doses.map(([date, code, more], index) => ({
        id: String(index + 1),
        date: day(date),
        code,
        ...more,
      })),
      observations,
    },
    day(asOf),
    { trail: true },
  );
  return { answer, ...seen(answer) };
}

function seen(answer: Forecast) {
  const [group] = answer.groups as [GroupForecast];
  const text = (date: Day | null): string | null => (date === null ? null : formatDay(date));
  return {
    group,
    status: group?.status,
    earliest: text(group?.earliest ?? null),
    recommended: text(group?.recommended ?? null),
    pastDue: text(group?.pastDue ?? null),
    latest: text(group?.latest ?? null),
    statuses: answer.doses.map((each) => `${each.id} ${each.status}`),
    reasons: answer.doses.map((each) => each.reasons.map((reason) => reason.code).join()),
  };
}

const two = schedule([oneSeries([first(), second()])]);

describe('chapter 4', () => {
  it('goes through doses and targets until one of them ends', () => {
    const { statuses, status } = ask(two, {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-05-10', 'A'],
        ['2025-07-10', 'A'],
      ],
    });
    expect(statuses).toEqual(['1 valid', '2 valid', '3 extraneous']);
    expect(status).toBe('complete');
  });

  it('asks for a recurring dose again', () => {
    const yearly = dose({ recurring: true, intervals: [{ from: 'previous', min: '1 year' }] });
    const { group, earliest, statuses } = ask(schedule([oneSeries([first(), yearly])]), {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-06-10', 'A'],
        ['2025-09-10', 'A'],
      ],
    });
    expect(statuses).toEqual(['1 valid', '2 valid', '3 valid']);
    expect(group.forecastNumber).toBe(4);
    expect(earliest).toBe('2026-09-10');
  });

  it('does not evaluate what cannot be, and says why', () => {
    const { answer } = ask(two, {
      doses: [
        ['2024-12-31', 'A'],
        ['2025-03-10', 'X'],
        ['2025-03-10', 'L'],
      ],
    });
    expect(answer.doses.map((each) => [each.id, each.status, each.reasons[0]?.code])).toEqual([
      ['1', 'notEvaluated', 'dose.beforeBirth'],
      ['2', 'notEvaluated', 'dose.unknownVaccine'],
      ['3', 'notEvaluated', 'dose.noSeries'],
    ]);
  });

  // A tablet whose clock is ahead stores a dose dated tomorrow; it must not be given twice.
  it.each(['2025-03-11', '2025-03-12', '2031-03-10'])(
    'holds a dose dated %s to be given',
    (date) => {
      const { statuses, reasons, group, earliest } = ask(two, {
        doses: [[date, 'A']],
        asOf: '2025-03-10',
      });
      expect(statuses).toEqual(['1 valid']);
      expect(reasons).toEqual(['dose.inFuture']);
      expect(group.target ?? 2).toBe(2);
      expect(earliest === null || earliest > date).toBe(true);
    },
  );

  it('says of a dose ahead what speaks against it first, and that it is ahead', () => {
    const { statuses, reasons } = ask(two, {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-03-11', 'A'],
        ['2025-03-11', 'L'],
      ],
      asOf: '2025-03-10',
    });
    expect(statuses).toEqual(['1 valid', '2 notValid', '3 notEvaluated']);
    expect(reasons).toEqual(['', 'dose.tooSoon,dose.inFuture', 'dose.noSeries,dose.inFuture']);
  });
});

describe('5.1', () => {
  const risk = oneSeries([first()], {
    name: 'risk',
    type: 'risk',
    indications: [{ observation: 'R', from: '6 months', to: '2 years' }],
  });

  it.each([
    ['no indication', [], 0],
    ['an indication', [{ code: 'R' }], 1],
    ['one that was over', [{ code: 'R', end: day('2025-12-31') }], 0],
    ['one that is still to come', [{ code: 'R', date: day('2026-02-01') }], 0],
  ])('a risk series with %s', (_, observations, groups) => {
    expect(ask(schedule([risk]), { observations }).answer.groups).toHaveLength(groups);
  });

  it('looks ahead to an indication only as far as the schedule says', () => {
    const asked = { observations: [{ code: 'R' }], asOf: '2025-05-01' };
    expect(ask(schedule([risk]), asked).answer.groups).toHaveLength(0);
    const ahead = schedule([risk], { indicationsAhead: '3 months' });
    expect(ask(ahead, asked).answer.groups).toHaveLength(1);
  });

  it('asks for the sex where only one is meant and it is not known', () => {
    const asked = (unknownSex: 'ask' | undefined, sex: 'F' | 'M' | 'U') => {
      const girls = oneSeries([first()], { sexes: ['F'], ...(unknownSex && { unknownSex }) });
      const child = { birth: day(BIRTH), sex, doses: [] };
      const [group] = forecast(compile(schedule([girls])), child, day('2025-04-01')).groups;
      return group && [group.status, group.reasons[0]?.code];
    };
    expect(asked('ask', 'U')).toEqual(['notComplete', 'forecast.sexUnknown']);
    expect(asked('ask', 'F')).toEqual(['notComplete', 'forecast.minAge']);
    expect(asked('ask', 'M')).toBeUndefined();
    expect(asked(undefined, 'U')).toBeUndefined();
  });

  it('keeps to sex and birth date', () => {
    const boys = schedule([oneSeries([first()], { sexes: ['M'] })]);
    expect(ask(boys).answer.groups).toHaveLength(0);
    const older = schedule([oneSeries([first()], { births: { to: '2025-01-09' } })]);
    expect(ask(older).answer.groups).toHaveLength(0);
  });
});

describe('chapter 6', () => {
  it('6.1: a dose after its expiry, or known to be bad, is repeated', () => {
    const { statuses, earliest } = ask(two, {
      doses: [
        ['2025-03-10', 'A', { expiry: day('2025-03-09') }],
        ['2025-04-10', 'A', { substandard: true }],
      ],
    });
    expect(statuses).toEqual(['1 substandard', '2 substandard']);
    // FORECASTDTCAN-1: not before the last dose that was held against a target.
    expect(earliest).toBe('2025-04-10');
  });

  it('6.2: a skipped target leaves the dose to the next', () => {
    const skips: SeriesDose['skips'] = [
      { context: 'both', sets: [{ conditions: [{ type: 'age', from: '6 months' }] }] },
    ];
    const { answer, status } = ask(schedule([oneSeries([first({ skips }), first()])]), {
      doses: [['2025-08-01', 'A']],
    });
    expect(answer.doses[0]?.target).toBe(2);
    expect(status).toBe('complete');
  });

  it('6.2: a count is of the doses before the one that is evaluated', () => {
    const skips: SeriesDose['skips'] = [
      {
        context: 'both',
        sets: [{ conditions: [{ type: 'count', is: 'more', doses: 0, counting: 'total' }] }],
      },
    ];
    const { answer } = ask(schedule([oneSeries([first({ skips }), second()])]), {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-05-10', 'A'],
      ],
    });
    expect(answer.doses.map((each) => each.target)).toEqual([1, 2]);
  });

  it('6.3: nothing runs from an inadvertent dose, but the forecast is not before it', () => {
    const { reasons, earliest } = ask(
      schedule([oneSeries([first(), second({ inadvertent: ['A2'] })])]),
      {
        doses: [
          ['2025-03-10', 'A'],
          ['2025-07-10', 'A2'],
        ],
      },
    );
    expect(reasons).toEqual(['', 'dose.inadvertent']);
    expect(earliest).toBe('2025-07-10');
  });

  it.each([
    ['2025-03-05', 'notValid', 'dose.tooYoung'],
    ['2025-03-06', 'valid', 'dose.gracePeriod'],
    ['2025-03-10', 'valid', ''],
  ])('6.4: given on %s a dose is %s', (date, status, reason) => {
    const { statuses, reasons } = ask(two, { doses: [[date, 'A']] });
    expect(statuses).toEqual([`1 ${status}`]);
    expect(reasons).toEqual([reason]);
  });

  it('6.4: at the maximum age it is extraneous', () => {
    const { statuses } = ask(two, {
      doses: [
        ['2025-03-10', 'A'],
        ['2030-01-10', 'A'],
      ],
      asOf: '2031-01-01',
    });
    expect(statuses).toEqual(['1 valid', '2 extraneous']);
  });

  it('3.3: a row holds for doses given while it was in force', () => {
    const ages = [
      { absMin: '1 month', cessation: '2025-02-28' },
      { absMin: '3 months', effective: '2025-03-01' },
    ];
    const dated = schedule([oneSeries([dose({ ages })])]);
    expect(ask(dated, { doses: [['2025-02-28', 'A']] }).statuses).toEqual(['1 valid']);
    expect(ask(dated, { doses: [['2025-03-01', 'A']] }).statuses).toEqual(['1 notValid']);
  });

  it.each([
    ['2025-04-02', 'notValid', 'dose.tooSoon'],
    ['2025-04-03', 'valid', 'dose.gracePeriod'],
    ['2025-04-07', 'valid', ''],
  ])('6.5: a second dose on %s is %s', (date, status, reason) => {
    const { statuses, reasons } = ask(two, {
      doses: [
        ['2025-03-10', 'A'],
        [date, 'A'],
      ],
    });
    expect(statuses[1]).toBe(`2 ${status}`);
    expect(reasons[1]).toBe(reason);
  });

  it('6.5: the interval runs from a dose that was not valid, too', () => {
    const { earliest } = ask(two, {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-03-20', 'A'],
      ],
    });
    expect(earliest).toBe('2025-04-17');
  });

  it('6.5: an observation after the dose undoes it only where the rule says so', () => {
    const asked: Asked = {
      doses: [['2025-04-10', 'A']],
      observations: [{ code: 'IG', date: day('2025-05-01') }],
    };
    const with3Months = (beforeDose: boolean): Schedule => {
      const from = { observation: 'IG', beforeDose };
      return schedule([oneSeries([first({ intervals: [{ from, absMin: '3 months' }] })])]);
    };
    expect(ask(with3Months(false), asked).statuses).toEqual(['1 notValid']);
    expect(ask(with3Months(true), asked).statuses).toEqual(['1 valid']);
  });

  it('6.6: an allowable interval is enough', () => {
    const allowable = second({ allowableIntervals: [{ from: 'previous', absMin: '10 days' }] });
    const { statuses } = ask(schedule([oneSeries([first(), allowable])]), {
      doses: [
        ['2025-03-10', 'A'],
        ['2025-03-20', 'A'],
      ],
    });
    expect(statuses).toEqual(['1 valid', '2 valid']);
  });

  const live = schedule(
    [oneSeries([first()]), oneSeries([first({ preferable: [{ code: 'A2' }] })], { name: 'B' })],
    {
      conflicts: [
        { previous: ['L'], current: ['A'], begin: '1 day', minEnd: '24 days', end: '28 days' },
      ],
    },
  );

  it.each([
    ['2025-03-10', 'valid'],
    ['2025-03-11', 'notValid'],
    ['2025-04-02', 'notValid'],
    ['2025-04-03', 'valid'],
  ])('6.7: after a live vaccine on 2025-03-10, a dose on %s is %s', (date, status) => {
    const { statuses } = ask(live, {
      doses: [
        ['2025-03-10', 'L'],
        [date, 'A'],
      ],
    });
    expect(statuses).toContain(`2 ${status}`);
  });

  it('6.7: a vaccine that counts for nothing here may conflict all the same', () => {
    const { L: _, ...vaccines } = live.vaccines;
    const { answer } = ask(
      { ...live, vaccines },
      {
        doses: [
          ['2025-03-10', 'L'],
          ['2025-03-20', 'A'],
        ],
      },
    );
    expect(answer.doses.map((each) => [each.id, each.status, each.reasons[0]?.code])).toEqual([
      ['1', 'notEvaluated', 'dose.noSeries'],
      ['2', 'notValid', 'dose.conflict'],
    ]);
  });

  describe('6.7: "the same day, or 28 days after"', () => {
    const both = { previous: ['L', 'A'], current: ['A'], begin: '1 day', minEnd: '28 days' };
    const rule = { ...both, end: '28 days', sameDay: true };
    const open = schedule([oneSeries([first(), second()])], { conflicts: [rule] });

    it.each([
      ['on the day itself', '2025-03-20', '2025-03-10'],
      ['the day after', '2025-03-21', '2025-04-17'],
    ])('%s', (_, asOf, earliest) => {
      expect(ask(open, { doses: [['2025-03-20', 'L']], asOf }).earliest).toBe(earliest);
    });

    it('but not for what cannot be given on that day for another reason', () => {
      const young = ask(open, { doses: [['2025-03-05', 'L']], asOf: '2025-03-05' });
      expect(young.earliest).toBe('2025-04-02');
      const season = { start: '04-01', end: '06-30' };
      const seasonal = schedule([oneSeries([first({ season })])], { conflicts: [rule] });
      expect(ask(seasonal, { doses: [['2025-03-20', 'L']], asOf: '2025-03-20' }).earliest).toBe(
        '2025-04-17',
      );
    });

    it('nor beside an earlier live vaccine', () => {
      const doses: Asked['doses'] = [
        ['2025-03-08', 'L'],
        ['2025-03-20', 'L'],
      ];
      expect(ask(open, { doses, asOf: '2025-03-20' }).earliest).toBe('2025-04-05');
    });
  });

  it('6.7: the forecast keeps away from a live vaccine', () => {
    const { earliest, group } = ask(live, { doses: [['2025-12-20', 'L']], asOf: '2025-12-25' });
    expect(earliest).toBe('2026-01-17');
    expect(group.reasons[0]).toEqual({
      code: 'forecast.conflict',
      params: { date: day('2026-01-17'), with: 'L', given: day('2025-12-20') },
    });
  });

  it('6.8, 6.9: an allowable vaccine counts, another does not', () => {
    const either = schedule([oneSeries([first({ allowable: [{ code: 'A2' }] })])]);
    expect(ask(either, { doses: [['2025-03-10', 'A2']] }).reasons).toEqual([
      'dose.allowableVaccine',
    ]);
    expect(ask(two, { doses: [['2025-03-10', 'A2']] }).reasons).toEqual(['dose.wrongVaccine']);
  });

  it('6.8: a product is known by its trade name, or by its manufacturer', () => {
    const preferable = [{ code: 'A', tradeName: 'ALPHA JUNIOR', mvx: 'ALF' }];
    const product = schedule([oneSeries([first({ preferable })])]);
    const given = (more: Partial<Dose>): string[] =>
      ask(product, { doses: [['2025-03-10', 'A', more]] }).statuses;
    expect(given({ tradeName: 'Alpha-Junior' })).toEqual(['1 valid']);
    expect(given({ mvx: 'ALF' })).toEqual(['1 valid']);
    expect(given({ tradeName: 'Beta', mvx: 'ALF' })).toEqual(['1 notValid']);
    expect(given({})).toEqual(['1 notValid']);
  });
});

describe('6.10: a dose that does not count', () => {
  const late = { from: 'previous', absMin: '2 weeks', min: '4 weeks' } as const;
  it.each([
    ['grace of the age', first({ preferable: [] }), '2025-03-06', {}, 'dose.wrongVaccine'],
    [
      'grace of the interval',
      first({ preferable: [], intervals: [{ ...late, from: { vaccines: ['L'] } }] }),
      '2025-03-20',
      {},
      'dose.wrongVaccine',
    ],
    [
      'another vaccine',
      first({ preferable: [], allowable: [{ code: 'A' }] }),
      '2025-03-01',
      {},
      'dose.tooYoung',
    ],
    [
      'a low volume',
      first({ preferable: [{ code: 'A', volume: 1 }] }),
      '2025-03-01',
      { volume: 0.5 },
      'dose.tooYoung',
    ],
  ])('bears no reason that it does: %s', (_, target, date, more, reason) => {
    const { statuses, reasons } = ask(schedule([oneSeries([target])]), {
      doses: [
        ['2025-03-01', 'L'],
        [date, 'A', more],
      ],
    });
    expect(statuses).toContain('2 notValid');
    expect(reasons).toContain(reason);
  });
});

describe('chapter 7', () => {
  it('7.5: a product outside the ages of its label is offered for nothing, and counts if given', () => {
    const both = schedule(
      [oneSeries([first({ preferable: [{ code: 'A', forecast: true }, { code: 'A2' }] })])],
      {
        vaccines: {
          A: { antigens: [{ antigen: 'A' }] },
          A2: { antigens: [{ antigen: 'A' }], label: { from: '3 months', to: '6 months' } },
        },
      },
    );
    expect(ask(both, { asOf: '2025-03-10' }).group.vaccines).toEqual(['A']);
    expect(ask(both, { asOf: '2025-04-10' }).group.vaccines).toEqual(['A', 'A2']);
    expect(ask(both, { asOf: '2025-07-10' }).group.vaccines).toEqual(['A']);
    const given = (date: string) => ask(both, { doses: [[date, 'A2']] });
    expect(given('2025-04-10').reasons).toEqual(['']);
    expect(given('2025-07-10')).toMatchObject({
      statuses: ['1 valid'],
      reasons: ['dose.outsideLabel'],
    });
  });

  it('7.5: dates of the first dose', () => {
    expect(ask(two)).toMatchObject({
      status: 'notComplete',
      earliest: '2025-03-10',
      recommended: '2025-03-10',
      pastDue: '2025-04-09',
      latest: null,
    });
  });

  it('7.5: age comes before interval, and nothing before the earliest date', () => {
    const { earliest, recommended, latest } = ask(two, { doses: [['2025-04-20', 'A']] });
    expect(earliest).toBe('2025-05-18');
    expect(recommended).toBe('2025-05-18');
    expect(latest).toBe('2030-01-09');
  });

  it('7.5: names a vaccine that fits the age of today', () => {
    const preferable = [
      { code: 'A', to: '6 months', forecast: true },
      { code: 'A2', from: '6 months', forecast: true },
    ];
    const by = schedule([oneSeries([first({ preferable })])]);
    expect(ask(by, { asOf: '2025-04-01' }).group.vaccines).toEqual(['A']);
    expect(ask(by, { asOf: '2026-01-10' }).group.vaccines).toEqual(['A2']);
  });

  it('7.4: too old, or too late to be young enough', () => {
    const young = schedule([oneSeries([first({ ages: [{ min: '2 months', max: '6 months' }] })])]);
    expect(ask(young, { asOf: '2025-07-10' }).status).toBe('agedOut');
    expect(ask(young, { asOf: '2025-07-09' }).status).toBe('notComplete');
    const late = schedule([oneSeries([first(), second({ ages: [{ max: '4 months' }] })])]);
    const { status, group } = ask(late, { doses: [['2025-04-20', 'A']], asOf: '2025-04-20' });
    expect(status).toBe('agedOut');
    expect(group.reasons[0]?.code).toBe('forecast.cannotFinish');
  });

  it('7.6: a dose that will not be needed when it is due is not asked for', () => {
    const skips: SeriesDose['skips'] = [
      { context: 'both', sets: [{ conditions: [{ type: 'age', from: '1 year' }] }] },
    ];
    const series = oneSeries([first(), second({ skips })]);
    const { status, group } = ask(schedule([series]), {
      doses: [['2025-12-30', 'A']],
      asOf: '2025-12-30',
    });
    expect(status).toBe('complete');
    expect(group.reasons).toEqual([
      { code: 'forecast.complete' },
      { code: 'forecast.skipped', params: { dose: 2 } },
    ]);
  });

  it.each([
    ['2025-08-31', '2025-09-01'],
    ['2025-12-01', '2025-09-01'],
    ['2026-02-28', '2025-09-01'],
    ['2026-04-01', '2026-09-01'],
  ])('7.4: on %s the yearly season is that from %s', (asOf, from) => {
    const season = { start: '09-01', end: '03-31' };
    expect(ask(schedule([oneSeries([first({ season })])]), { asOf }).earliest).toBe(from);
  });

  it('6.2: with a season of an earlier year go the days that its skips look at', () => {
    const season = { start: '2027-10-01', end: '2028-03-31', recurred: true };
    const skips: SeriesDose['skips'] = [
      {
        context: 'both',
        sets: [
          {
            conditions: [
              {
                type: 'count',
                is: 'more',
                doses: 0,
                counting: 'valid',
                start: '2027-07-01',
                end: '2028-06-30',
              },
            ],
          },
        ],
      },
    ];
    const yearly = (recurred: boolean): Schedule =>
      schedule([oneSeries([first({ season }), dose({ season: { ...season, recurred }, skips })])]);
    const doses: Asked['doses'] = [['2025-10-20', 'A']];
    for (const asOf of ['2025-10-20', '2026-03-31']) {
      expect(ask(yearly(true), { doses, asOf }).status).toBe('complete');
      expect(ask(yearly(false), { doses, asOf }).status).toBe('notComplete');
    }
    // The next season asks again.
    expect(ask(yearly(true), { doses, asOf: '2026-10-01' }).earliest).toBe('2026-10-01');
  });

  it('7.4: a literal season is over when it is over, and of earlier years if it recurred', () => {
    const literal = { start: '2027-09-01', end: '2028-03-31' };
    const at = (asOf: string, recurred: boolean) =>
      ask(schedule([oneSeries([first({ season: { ...literal, recurred } })])]), { asOf });
    expect(at('2028-05-01', true).status).toBe('notRecommended');
    expect(at('2025-12-01', false).earliest).toBe('2027-09-01');
    expect(at('2025-12-01', true).earliest).toBe('2025-09-01');
  });

  it('7.2, 7.3: immunity and contraindications', () => {
    const [antigen] = two.antigens;
    const known = schedule([], {
      antigens: [
        {
          name: 'A',
          series: antigen?.series ?? [],
          immunity: { observations: [{ code: 'IMM' }] },
          contraindications: [
            { observation: 'NO' },
            { observation: 'WAIT', lasts: '3 months' },
            { observation: 'NOT-A', vaccines: [{ code: 'A' }] },
          ],
        },
      ],
    });
    const status = (code: string, date?: string) =>
      ask(known, { observations: [{ code, date: date ? day(date) : null }] }).status;
    expect(status('IMM')).toBe('immune');
    expect(status('NO')).toBe('contraindicated');
    expect(status('NOT-A')).toBe('contraindicated');
    expect(status('WAIT', '2025-12-01')).toBe('contraindicated');
    expect(status('WAIT', '2025-10-10')).toBe('notComplete');
  });
});

it('7.2: born before a date, in the country it says, unless excluded', () => {
  const immunity = { bornBefore: [{ date: '2025-06-01', country: 'X', unless: ['HCW'] }] };
  const of = (country?: string): Schedule =>
    schedule([], {
      antigens: [{ name: 'A', series: [oneSeries([first()])], immunity }],
      ...(country && { country }),
    });
  expect(ask(of('X')).status).toBe('immune');
  expect(ask(of('Y')).status).toBe('notComplete');
  expect(ask(of()).status).toBe('notComplete');
  expect(ask(of('X'), { observations: [{ code: 'HCW' }] }).status).toBe('notComplete');
});

describe('chapter 8', () => {
  const early = oneSeries([first(), second(), second()], {
    name: 'early',
    maxAgeToStart: '7 months',
  });
  const late = oneSeries([first({ ages: [{ absMin: '7 months', min: '7 months' }] })], {
    name: 'late',
    default: false,
    preference: 2,
  });

  it('takes the default of a child who has had nothing, then the path that was begun', () => {
    const both = schedule([early, late]);
    expect(ask(both).group.antigens[0]?.series).toBe('early');
    expect(ask(both, { doses: [['2025-09-10', 'A']] }).group.antigens[0]?.series).toBe('late');
    expect(ask(both, { doses: [['2025-03-10', 'A']] }).group.antigens[0]?.series).toBe('early');
  });

  it('does not start a series before its age', () => {
    const old = oneSeries([first()], { name: 'old', seriesGroup: '2', minAgeToStart: '50 years' });
    const { group } = ask(schedule([early, old]));
    expect(group.antigens.map((each) => each.series)).toEqual(['early']);
  });

  it('asks for what a dose began in another series group, beside one that is complete', () => {
    const child = oneSeries([first()], { name: 'child' });
    const start = { absMin: '2 months', min: '50 years' };
    const old = oneSeries(
      [
        dose({ preferable: [{ code: 'A2' }], ages: [start] }),
        dose({ ages: [{ min: '50 years' }] }),
      ],
      { name: 'old', seriesGroup: '2', minAgeToStart: '50 years' },
    );
    const apart = schedule([child, old]);
    const doses: Asked['doses'] = [['2025-03-10', 'A']];
    expect(ask(apart, { doses }).status).toBe('complete');
    doses.push(['2025-03-10', 'A2']);
    const { answer, group, status, earliest } = ask(apart, { doses });
    expect([status, group.antigens[0]?.series, earliest]).toEqual([
      'notComplete',
      'old',
      '2075-01-10',
    ]);
    expect(answer.trail?.filter((step) => step.rule === '8.8').map((step) => step.series)).toEqual([
      'child',
      'old',
    ]);
    const equivalent = schedule([child, { ...old, equivalentGroups: ['1'] }]);
    expect(ask(equivalent, { doses }).status).toBe('complete');
  });
});

describe('local rules', () => {
  const layered = (...layers: Layer[]): Schedule => applyLayers(two, layers);

  it('leave the edition as it is', () => {
    const before = JSON.stringify(two);
    layered({ kind: 'age', antigen: 'A', dose: 1, ages: { min: '3 months' } });
    expect(JSON.stringify(two)).toBe(before);
  });

  it('add an interval, and warn of what it makes impossible', () => {
    const layer: Layer = {
      kind: 'interval',
      antigen: 'A',
      dose: 2,
      interval: { from: 'previous', min: '3 months' },
    };
    expect(ask(layered(layer), { doses: [['2025-03-10', 'A']] }).earliest).toBe('2025-06-10');
    expect(checkSchedule(two)).toEqual([]);
    expect(checkLayers(two, [layer])).toEqual([
      {
        severity: 'warning',
        code: 'impossibleBefore',
        path: 'antigens/A/A',
        params: { antigen: 'A', series: 'A', dose: 2, earliest: '5 months', wanted: '4 months' },
      },
    ]);
  });

  it('are refused when they name what is not there', () => {
    const nothing: Layer = { kind: 'age', antigen: 'B', dose: 1, ages: {} };
    expect(checkLayers(two, [nothing])).toMatchObject([{ severity: 'error', code: 'badLayer' }]);
    expect(() => layered(nothing)).toThrow(/layers\/0/);
  });

  it('space visits, but not on the day of the last dose itself', () => {
    const spaced = layered({ kind: 'visit', daysSinceLast: 10 });
    const other = { ...spaced, groups: spaced.groups };
    const doses: Asked['doses'] = [['2026-01-05', 'L']];
    expect(ask(other, { doses, asOf: '2026-01-05' }).earliest).toBe('2025-03-10');
    expect(ask(other, { doses, asOf: '2026-01-06' })).toMatchObject({
      earliest: '2026-01-15',
      recommended: '2026-01-15',
    });
  });

  it('limit the injections of a visit to the most urgent', () => {
    const group = (name: string): Series => oneSeries([first()], { name, vaccineGroup: name });
    const many = schedule([], {
      groups: [
        { name: 'A', antigens: ['A'], rank: 2 },
        { name: 'L', antigens: ['L'], rank: 1 },
      ],
      antigens: [
        { name: 'A', series: [group('A')] },
        {
          name: 'L',
          series: [{ ...group('L'), doses: [first({ preferable: [{ code: 'L' }] })] }],
        },
      ],
      visit: { maxInjections: 1 },
    });
    const plan = planVisit(compile(many), ask(many).answer, day('2026-01-10'));
    expect(plan.give.map((each) => each.vaccineGroup)).toEqual(['L']);
    expect(plan.later.map((each) => [each.group.vaccineGroup, each.limit])).toEqual([
      ['A', 'maxInjections'],
    ]);
  });

  it('run a campaign on its days, for those it is for', () => {
    const campaign: Layer = {
      kind: 'campaign',
      name: 'mop-up',
      vaccines: ['A'],
      births: { from: '2024-01-01', to: '2025-12-31' },
      from: '2025-12-01',
      to: '2026-01-31',
      minInterval: '28 days',
    };
    const find = (asked: Asked): GroupForecast | undefined =>
      ask(layered(campaign), asked).answer.groups.find((g) => g.vaccineGroup === 'mop-up');
    const routine: Asked['doses'] = [['2025-11-20', 'A']];
    expect(find({ doses: routine })?.earliest).toBe(day('2025-12-18'));
    expect(find({ doses: [...routine, ['2025-12-20', 'A']] })?.status).toBe('complete');
    expect(find({ asOf: '2026-02-01' })?.status).toBe('notRecommended');
  });
});

describe('checkSchedule', () => {
  it('finds what leads nowhere', () => {
    const broken = schedule(
      [
        oneSeries(
          [
            first({ ages: [{ min: '3 moons' }, { min: '$least' }] }),
            dose({
              preferable: [{ code: '?' }],
              ages: [{ min: '2 years', max: '1 year' }],
              intervals: [{ from: { target: 2 }, min: '1 month' }],
            }),
          ],
          { vaccineGroup: 'B' },
        ),
        oneSeries([first()], { name: 'other', births: { from: '2025-02-30' } }),
      ],
      { groups: [{ name: 'A', antigens: ['A', 'Z'] }] },
    );
    const codes = checkSchedule(broken).map((each) => each.code);
    expect(new Set(codes)).toEqual(
      new Set([
        'unknownAntigen',
        'unknownGroup',
        'badAge',
        'unknownParameter',
        'unknownVaccine',
        'agesReversed',
        'badTarget',
        'impossible',
        'badDate',
        'twoDefaults',
      ]),
    );
  });

  it('is what compile refuses, too', () => {
    const broken = schedule([oneSeries([first({ ages: [{ min: '3 moons' }] })])]);
    expect(() => compile(broken)).toThrow(
      'antigens/A/A/doses/1: "3 moons" is not a length of time',
    );
  });
});

it('tells the rules that led there, when asked', () => {
  const { answer } = ask(two, { doses: [['2025-03-10', 'A']] });
  const rules = answer.trail?.map((step) => `${step.rule} ${step.outcome}`);
  expect(rules).toEqual([
    '5.1 relevant',
    '6.4 valid',
    '6.5, 6.6 longEnough',
    '6.7 notImpacted',
    '6.8, 6.9 rightVaccine',
    '6.10 valid',
    '7.4 notComplete',
    '7.5 dates',
    '8.7 prioritized',
    '8.8 best',
  ]);
});
