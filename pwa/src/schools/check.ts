/**
 * The check at entry, dose by dose (入托入学查验): 已种, 到龄未种, 未到龄, 无需补种 — and what follows for the
 * child. What is of the programme counts; what is offered besides (水痘) is shown by others and never
 * counts here. Source: 入托、入学儿童预防接种证查验办法 (2021).
 */

import type { EventOf } from '../case/document.ts';
import { addAge, type MonthArithmetic } from '../schedule/3.4-dates.ts';
import type { Day, Forecast, GroupForecast, Schedule, Series } from '../schedule/types.ts';

export type DoseState = 'given' | 'due' | 'notYet' | 'notNeeded';

export interface DoseCheck {
  group: string;
  /** 第几剂. */
  number: number;
  state: DoseState;
}

export type CheckResult = EventOf<'school_check'>['result'];

/** The series that the engine follows for a group. */
function seriesOf(schedule: Schedule, group: GroupForecast): Series | null {
  const [antigen] = group.antigens;
  if (!antigen) return null;
  const known = schedule.antigens.find(({ name }) => name === antigen.antigen);
  return known?.series.find(({ name }) => name === antigen.series) ?? null;
}

/** From which day a dose that comes later in the series is asked for by its age alone. */
function dueByAge(
  series: Series | null,
  number: number,
  birth: Day,
  months: MonthArithmetic,
): Day | null {
  const dose = series?.doses.find((one, i) => (one.number ?? i + 1) === number);
  const age = dose?.ages?.map(({ recommended, min }) => recommended ?? min).find(Boolean);
  return age ? addAge(birth, age, months) : null;
}

/** Every dose of the programme, in the schedule's order. */
export function doseChecks(
  forecast: Forecast,
  schedule: Schedule,
  programme: ReadonlySet<string>,
  birth: Day,
  today: Day,
): DoseCheck[] {
  return forecast.groups
    .filter(({ vaccineGroup }) => programme.has(vaccineGroup))
    .flatMap((group) => {
      const { vaccineGroup, status, target, recommended } = group;
      const [lead] = group.antigens;
      const given = lead ? lead.satisfied : 0;
      const series = seriesOf(schedule, group);
      // Doses with a number of their own stand in for others: the programme counts the plain ones.
      const plain = series?.doses.filter(({ number }) => number === undefined).length ?? 0;
      const total = Math.max(plain, target ?? 0);
      const isDue = status === 'notComplete' && recommended !== null && recommended <= today;
      const state = (number: number): DoseState => {
        if (target !== null ? number < target : number <= given) return 'given';
        if (status === 'complete' || status === 'immune') return 'given';
        if (status !== 'notComplete') return 'notNeeded';
        if (!isDue) return 'notYet';
        if (number === target) return 'due';
        const from = dueByAge(series, number, birth, schedule.monthArithmetic);
        return from !== null && from <= today ? 'due' : 'notYet';
      };
      return Array.from({ length: total }, (_, i) => ({
        group: vaccineGroup,
        number: i + 1,
        state: state(i + 1),
      }));
    });
}

/** `MMR-2`: a target dose as a check names it. */
export const doseCode = ({ group, number }: Pick<DoseCheck, 'group' | 'number'>): string =>
  `${group}-${number}`;

export function doseOf(code: string): { group: string; number: number } {
  const at = code.lastIndexOf('-');
  return { group: code.slice(0, at), number: Number(code.slice(at + 1)) };
}

/**
 * 无接种证 before all; then what is due makes a catch-up, what nobody needs any more an exemption. A
 * child without a certificate is told what is missing all the same.
 */
export function resultOf(
  doses: readonly DoseCheck[],
  certificate: boolean,
): { result: CheckResult; missing: string[] } {
  const missing = doses.filter(({ state }) => state === 'due').map(doseCode);
  if (!certificate) return { result: 'no-certificate', missing };
  if (missing.length) return { result: 'catch-up', missing };
  const exempt = doses.some(({ state }) => state === 'notNeeded');
  return { result: exempt ? 'exempt' : 'complete', missing };
}
