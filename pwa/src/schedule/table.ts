/**
 * Many children at once as numbers: what Python calls for statistics, where the words of an answer
 * cost more than the answer. One text goes in and one buffer comes out, whatever the number of children.
 */
import { forecast } from './4-process.ts';
import type { Compiled } from './compile.ts';
import type { Child, Day, Dose, DoseStatus, SeriesStatus, Sex } from './types.ts';

/** A child as in the text: birth, sex, as-of day, doses, and observations with first and last day. */
type Row = [
  birth: Day,
  sex: Sex,
  asOf: Day,
  doses: [date: Day, code: string, expiry?: Day | null][],
  observations?: [code: string, date?: Day | null, end?: Day | null][],
];

/** In the table a status is its place here. */
export const SERIES_STATUSES: readonly SeriesStatus[] = [
  'notComplete',
  'complete',
  'immune',
  'contraindicated',
  'agedOut',
  'notRecommended',
];
export const DOSE_STATUSES: readonly DoseStatus[] = [
  'valid',
  'notValid',
  'extraneous',
  'substandard',
  'notEvaluated',
];

/** No day, no number. */
export const NONE = -2147483648;

const SERIES_CODES = new Map(SERIES_STATUSES.map((status, code) => [status, code]));
const DOSE_CODES = new Map(DOSE_STATUSES.map((status, code) => [status, code]));

/**
 * The table of children: two counts of rows, then the rows of the vaccine groups, ten numbers each
 * (child, group, 1 if for a risk, status, doses that count plus 1, number of the dose that is due,
 * earliest, recommended, past due, latest), then those of the doses, five each (child, dose, group,
 * number of the target dose, status). Children, doses and groups are counted from 0; a dose has a row
 * for each antigen that it counts for.
 */
export function forecastTable(compiled: Compiled, children: string): ArrayBuffer {
  const group = new Map(compiled.groups.map(({ name }, index) => [name, index]));
  const groups: number[] = [];
  const doses: number[] = [];
  (JSON.parse(children) as Row[]).forEach((row, child) => {
    const answer = forecast(compiled, childOf(row), row[2]);
    for (const each of answer.groups) {
      groups.push(
        child,
        group.get(each.vaccineGroup) ?? NONE,
        each.seriesType === 'risk' ? 1 : 0,
        SERIES_CODES.get(each.status) ?? NONE,
        each.forecastNumber ?? NONE,
        each.target ?? NONE,
        each.earliest ?? NONE,
        each.recommended ?? NONE,
        each.pastDue ?? NONE,
        each.latest ?? NONE,
      );
    }
    for (const each of answer.doses) {
      doses.push(
        child,
        Number(each.id),
        group.get(each.vaccineGroup ?? '') ?? NONE,
        each.target ?? NONE,
        DOSE_CODES.get(each.status) ?? NONE,
      );
    }
  });
  const table = new Int32Array(2 + groups.length + doses.length);
  table.set([groups.length / 10, doses.length / 5]);
  table.set(groups, 2);
  table.set(doses, 2 + groups.length);
  return table.buffer;
}

function childOf([birth, sex, , given, seen]: Row): Child {
  const child: Child = {
    birth,
    sex,
    doses: given.map(([date, code, expiry], index): Dose => {
      const dose: Dose = { id: String(index), date, code };
      if (expiry != null) dose.expiry = expiry;
      return dose;
    }),
  };
  if (seen !== undefined) {
    child.observations = seen.map(([code, date = null, end = null]) => ({ code, date, end }));
  }
  return child;
}
