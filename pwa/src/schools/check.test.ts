import { describe, expect, it } from 'vitest';
import { compile, type Dose, forecast, parseDay } from '../schedule/index.ts';
import { schedule as read } from '../schedule/testing/cn.ts';
import { type DoseCheck, doseChecks, doseOf, resultOf } from './check';

const day = (text: string) => parseDay(text) ?? 0;
const schedule = read('cn-nip-2026');
const compiled = compile(schedule);
const programme = new Set(schedule.groups.map(({ name }) => name));

function checks(
  birth: string,
  asOf: string,
  doses: [date: string, code: string][] = [],
): DoseCheck[] {
  const child = {
    birth: day(birth),
    sex: 'F' as const,
    doses: doses.map(([date, code], i): Dose => ({ id: String(i), date: day(date), code })),
  };
  return doseChecks(
    forecast(compiled, child, day(asOf)),
    schedule,
    programme,
    day(birth),
    day(asOf),
  );
}
const of = (all: DoseCheck[], group: string) =>
  all.filter((one) => one.group === group).map(({ state }) => state);

describe('each dose of the programme at entry', () => {
  // Three years old, at the door of a kindergarten.
  const [born, now] = ['2023-03-10', '2026-09-01'];

  it('is due by its age where nothing was given, and not yet where the age is to come', () => {
    const all = checks(born, now);
    expect(of(all, 'HepB')).toEqual(['due', 'due', 'due']);
    // The fourth of polio is for four years.
    expect(of(all, 'Polio')).toEqual(['due', 'due', 'due', 'notYet']);
  });

  it('is given where it counts', () => {
    const all = checks(born, now, [
      ['2023-03-10', '0201'],
      ['2023-04-10', '0201'],
    ]);
    expect(of(all, 'HepB')).toEqual(['given', 'given', 'due']);
  });

  it('asks for nothing of a newborn that is not of age', () => {
    const all = checks('2026-08-31', now);
    expect(
      all
        .filter(({ state }) => state === 'due')
        .map(({ group }) => group)
        .sort(),
    ).toEqual(['BCG', 'HepB']);
  });

  it('is not needed where it is too late for it', () => {
    // 卡介苗: not after four years.
    expect(of(checks('2020-03-10', now), 'BCG')).toEqual(['notNeeded']);
  });
});

describe('the result', () => {
  const one = (state: DoseCheck['state'], number = 1): DoseCheck => ({
    group: 'MMR',
    number,
    state,
  });

  it('is a catch-up while anything is due, an exemption where nobody needs it, else complete', () => {
    expect(resultOf([one('given'), one('due', 2)], true)).toEqual({
      result: 'catch-up',
      missing: ['MMR-2'],
    });
    expect(resultOf([one('given'), one('notNeeded')], true).result).toBe('exempt');
    expect(resultOf([one('given'), one('notYet', 2)], true)).toEqual({
      result: 'complete',
      missing: [],
    });
  });

  it('is told of a child without a certificate, with what is missing', () => {
    expect(resultOf([one('due')], false)).toEqual({ result: 'no-certificate', missing: ['MMR-1'] });
  });

  it('names a dose by its group, whatever the group is called', () => {
    expect(doseOf('MPSV-AC-2')).toEqual({ group: 'MPSV-AC', number: 2 });
  });
});
