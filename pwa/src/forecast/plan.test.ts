import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChildDoc, ChildEvent } from '../case/document.ts';
import { applyLayers, compile, forecast as engine, type Schedule } from '../schedule/index.ts';
import type { DoseEvaluation, Forecast, GroupForecast } from '../schedule/types.ts';
import { dayOf } from '../ui/format.ts';
import {
  endOf,
  flagsOf,
  historyOf,
  limited,
  mainReason,
  othersOf,
  planOf,
  reasonParams,
  withChoices,
  withRefusals,
  writersOf,
} from './plan';

const today = '2026-11-23';
const day = (date: string) => dayOf(date) as number;

const group = (vaccineGroup: string, more: Partial<GroupForecast>): GroupForecast => ({
  vaccineGroup,
  seriesType: 'standard',
  status: 'notComplete',
  forecastNumber: 1,
  target: 1,
  earliest: null,
  recommended: null,
  pastDue: null,
  latest: null,
  reasons: [],
  vaccines: ['0402'],
  antigens: [],
  ...more,
});

const childWith = (events: ChildDoc['events']): ChildDoc => ({
  _id: 'child:1',
  type: 'child',
  facts: {},
  events,
});

const forecast = (groups: GroupForecast[], doses: DoseEvaluation[] = []): Forecast => ({
  groups,
  doses,
});

describe('limited', () => {
  it('marks what the visit has no room for, the programme first', () => {
    const DATA = new URL(
      '../../../backend/miaopu/catalog/schedules/cn-nip-2026.json',
      import.meta.url,
    );
    const national = JSON.parse(readFileSync(DATA, 'utf8')) as Schedule;
    const schedule = applyLayers(national, [{ kind: 'visit', maxInjections: 1 }]);
    const compiled = compile(schedule);
    const child = { birth: day('2025-01-10'), sex: 'F' as const, doses: [] };
    const answer = engine(compiled, child, day(today));
    const programme = new Set(schedule.groups.map(({ name }) => name));
    const all = planOf(answer, today, programme);
    const plan = limited(all, answer, { compiled, programme }, today);
    expect(plan.due).toHaveLength(all.due.length);
    expect(plan.due.filter(({ held }) => held === null)).toHaveLength(1);
    expect(plan.due[0]?.held).toBeNull();
    expect(plan.due.at(-1)?.held).toBe('maxInjections');
    const open = limited(all, answer, { compiled: compile(national), programme }, today);
    expect(open.due.every(({ held }) => held === null || held === 'question')).toBe(true);
    expect(open.due).toHaveLength(all.due.length);
  });
});

describe('what is not given together with the rest', () => {
  it('is what a question must settle first', () => {
    const due = { recommended: day(today) };
    const asked = group('BCG', { ...due, reasons: [{ code: 'forecast.maybeIndicated' }] });
    const plan = planOf(forecast([asked, group('DTaP', due)]), today);
    expect(plan.due.map(({ group, held }) => [group, held])).toEqual([
      ['BCG', 'question'],
      ['DTaP', null],
    ]);
  });

  it('is what was refused that day, and no longer on the next', () => {
    const refusal = { kind: 'refusal', date: today, vaccine: '0402', reason: 'other' };
    const child = childWith({ refusal: refusal as never });
    const plan = planOf(forecast([group('DTaP', { recommended: day(today) })]), today);
    expect(withRefusals(plan, child, today).due[0]?.held).toBe('refused');
    expect(withRefusals(plan, child, '2099-01-01').due[0]?.held).toBeNull();
  });
});

describe('endOf', () => {
  it('is the day on which a death or a deletion was recorded', () => {
    const at = '2026-11-20T02:00:00.000Z';
    const child = (value: string): ChildDoc => ({
      ...childWith({}),
      facts: { register_status: { value, at, by: 'senior1' } },
    });
    expect(endOf(child('4'))).toEqual({ status: '4', date: '2026-11-20', by: 'senior1' });
    expect(endOf(child('2'))).toBeNull();
    expect(endOf(childWith({}))).toBeNull();
  });
});

describe('withChoices', () => {
  it('lets a contraindicated vaccine be chosen all the same', () => {
    const DATA = new URL(
      '../../../backend/miaopu/catalog/schedules/cn-nip-2026.json',
      import.meta.url,
    );
    const schedule = JSON.parse(readFileSync(DATA, 'utf8')) as Schedule;
    const none = { target: null, vaccines: [] };
    const answer = forecast([
      group('MMR', { ...none, status: 'contraindicated' }),
      group('BCG', { ...none, status: 'complete' }),
    ]);
    const plan = withChoices(planOf(answer, today), schedule);
    expect(plan.notDue.find((item) => item.group === 'MMR')?.vaccines).toContain('1201');
    expect(plan.notDue.find((item) => item.group === 'BCG')?.vaccines).toEqual([]);
  });
});

describe('planOf', () => {
  const plan = planOf(
    forecast([
      group('MMR', {
        earliest: day('2026-11-01'),
        recommended: day(today),
        pastDue: day('2027-03-01'),
      }),
      group('DTaP', { target: 2, recommended: day('2026-09-01'), pastDue: day('2026-11-20') }),
      group('JE', { earliest: day('2026-11-01'), recommended: day('2027-01-01') }),
      group('HepA', { recommended: day('2026-12-01') }),
      group('BCG', { status: 'complete', target: null }),
      group('Hib', { recommended: day('2026-11-01') }),
      group('PCV', { recommended: day('2026-11-30') }),
    ]),
    today,
    new Set(['MMR', 'DTaP', 'JE', 'HepA', 'BCG']),
  );

  it('has what is due, with how late it is', () => {
    expect(plan.due.map((item) => [item.group, item.overdueDays])).toEqual([
      ['MMR', 0],
      ['DTaP', 3],
    ]);
  });

  it('offers what is not of the programme apart', () => {
    expect(plan.offered.map((item) => item.group)).toEqual(['Hib']);
  });

  it('sorts the rest by date, the programme first, what is done last of it', () => {
    expect(plan.notDue.map((item) => item.group)).toEqual(['HepA', 'JE', 'BCG', 'PCV']);
  });

  it('says what may be given already, though it is not due', () => {
    expect(plan.notDue.find((item) => item.group === 'JE')?.possible).toBe(true);
    expect(plan.notDue.find((item) => item.group === 'HepA')?.possible).toBe(false);
  });

  it('names the next day of the programme', () => {
    expect(plan.next).toEqual({ date: '2026-12-01', groups: [{ group: 'HepA', target: 1 }] });
  });

  it('holds everything for the programme when it does not know better', () => {
    const all = planOf(forecast([group('Hib', { recommended: day('2026-11-01') })]), today);
    expect(all.due).toHaveLength(1);
    expect(all.offered).toEqual([]);
  });
});

const by = {
  at: '2026-11-20T01:00:00.000Z',
  by: 'nurse1',
  station: 'S',
  site: '9901210001',
  offset_ms: null,
  app: '0.1.0',
};
const event = (more: object): ChildEvent => ({ ...by, ...more }) as unknown as ChildEvent;
const dose = (date: string, vaccine: string, more: object = {}) =>
  event({ kind: 'dose', date, vaccine, origin: 'given', self_paid: false, ...more });
const value = (given: unknown) => ({ value: given, at: by.at, by: by.by });
const child: ChildDoc = {
  _id: 'child:01JD0000000000000000000000',
  type: 'child',
  facts: {
    birth_date: value('2026-01-01'),
    gestation_weeks: value(35),
    birth_weight_g: value(2400),
    mother_hbsag: value('1'),
  } as ChildDoc['facts'],
  events: {
    '01A': dose('2026-03-01', '0402'),
    '01B': dose('2026-03-01', '0402', { site: '9901210002', at: '2026-11-21T01:00:00.000Z' }),
    '01C': dose('2026-05-01', '1201'),
    '01D': event({ kind: 'void', target: '01C', reason: 'wrong_entry', note: 'typed twice' }),
    '01E': event({
      kind: 'contraindication',
      code: 'fever',
      date: '2026-05-01',
      until: '2026-05-08',
    }),
    '01F': event({
      kind: 'contraindication',
      code: 'anaphylaxis',
      vaccine: '1201',
      date: '2026-05-01',
    }),
  },
};
const evaluation = (id: string, more: Partial<DoseEvaluation>): DoseEvaluation => ({
  id,
  date: 0,
  code: '0402',
  vaccineGroup: 'DTaP',
  antigen: 'DTaP',
  series: null,
  target: 1,
  status: 'valid',
  reasons: [],
  ...more,
});

describe('historyOf', () => {
  const rows = historyOf(
    child,
    forecast(
      [],
      [
        evaluation('01A', {}),
        evaluation('01B', {
          status: 'notValid',
          target: 2,
          reasons: [{ code: 'dose.tooSoon', params: { minimum: day('2026-04-01') } }],
        }),
        evaluation('01A', { vaccineGroup: 'Hib', status: 'extraneous' }),
      ],
    ),
  );
  const row = (id: string) => rows.find((one) => one.id === id);

  it('is the latest first', () => {
    expect(rows.map((one) => one.id)).toEqual(['01C', '01B', '01A']);
  });

  it('keeps a voided dose with its reason', () => {
    expect(row('01C')?.void).toMatchObject({
      reason: 'wrong_entry',
      note: 'typed twice',
      by: 'nurse1',
    });
    expect(row('01C')?.status).toBeNull();
  });

  it('points out two doses of one vaccine on one day', () => {
    expect(row('01A')?.duplicate).toBe(true);
    expect(row('01B')?.duplicate).toBe(true);
    expect(row('01C')?.duplicate).toBe(false);
  });

  it('numbers a dose by what it satisfied, and says why another does not count', () => {
    expect(row('01A')).toMatchObject({ number: 1, status: 'valid' });
    expect(row('01A')?.groups.map((one) => one.group)).toEqual(['DTaP', 'Hib']);
    expect(row('01B')).toMatchObject({ number: null, status: 'notValid' });
  });

  it('is there without a schedule, too', () => {
    expect(historyOf(child, null).map((one) => one.status)).toEqual([null, null, null]);
  });
});

describe('flagsOf', () => {
  it('shows what still holds and leaves out what is over', () => {
    expect(flagsOf(child, today).map((flag) => [flag.key, flag.code ?? flag.value])).toEqual([
      ['contraindication', 'anaphylaxis'],
      ['preterm', 35],
      ['lowWeight', 2400],
      ['hbsag', undefined],
    ]);
    expect(flagsOf(child, '2026-05-03').filter((flag) => flag.code === 'fever')).toHaveLength(1);
  });

  it('puts a missing birth date first', () => {
    expect(flagsOf({ ...child, facts: {} }, today)[0]?.key).toBe('noBirth');
  });
});

it('othersOf lists what is neither a dose nor a void', () => {
  expect(
    othersOf(child)
      .map((one) => one.id)
      .sort(),
  ).toEqual(['01E', '01F']);
});

it('writersOf names each site once, the last writer in front', () => {
  expect(writersOf(child)).toEqual([
    { site: '9901210002', at: '2026-11-21T01:00:00.000Z' },
    { site: '9901210001', at: by.at },
  ]);
});

describe('reasons', () => {
  it('become text with dates and not day numbers', () => {
    const reason = {
      code: 'forecast.visitSpacing',
      params: { date: day(today), days: 10 },
    } as const;
    expect(reasonParams(reason)).toEqual({ date: today, days: 10 });
  });

  it('are shown by the one that set the date', () => {
    const age = { code: 'forecast.recommendedAge', params: { date: day('2026-01-01') } } as const;
    const conflict = { code: 'forecast.conflict', params: { date: day('2026-12-21') } } as const;
    expect(mainReason([age, conflict], '2026-12-21')).toBe(conflict);
    expect(mainReason([conflict, age], '2026-01-01')).toBe(age);
    expect(mainReason([age], null)).toBe(age);
    expect(mainReason([], today)).toBeNull();
  });
});
