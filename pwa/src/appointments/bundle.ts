/**
 * What the command line runs of this folder in V8: cases in, plans out, as JSON lines. See
 * backend/miaopu/schedule/plan.py. All cases are children of one clinic.
 */
import { CaseError, readCase } from '../schedule/batch.ts';
import {
  applyLayers,
  type Compiled,
  compile,
  formatDay,
  type Layer,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';
import { askOf, mostOf } from './ask.ts';
import { type Planned, planClinic } from './clinic.ts';
import { type ClinicDaySettings, clinicCalendar } from './clinic-days.ts';
import { type HolidayYears, holidaysOf, unknownYears } from './holidays.ts';
import { createPlaces, type Places } from './places.ts';
import type { VisitsPlan, Wanted } from './planner.ts';

interface Asked {
  schedule: Schedule;
  layers: Layer[];
  calendar: ClinicDaySettings;
  holidays: HolidayYears[];
  /** How far ahead is planned. */
  days: number;
}

const doseText = ({ group, target, vaccine, from, until }: Wanted) => ({
  vaccine_group: group,
  target_dose: target,
  vaccine,
  due_date: formatDay(from),
  last_on_time: formatDay(until),
});

function answerOf({ visits, late }: VisitsPlan) {
  return {
    visits: visits.map(({ day, part, doses, because }) => ({
      date: formatDay(day),
      part,
      doses: doses.map(doseText),
      because: { vaccine_group: because.group, by: formatDay(because.by) },
    })),
    late: late.map(({ dose, day, why }) => ({
      ...doseText(dose),
      date: day === null ? null : formatDay(day),
      why,
    })),
  };
}

/** A case as its line has it, or what is wrong with the line. */
type Read = { ok: true; id: unknown; child: Planned } | { ok: false; answer: object };

export class Planner {
  private readonly compiled: Compiled;
  private readonly places: Places;
  private readonly days: number;

  constructor(asked: string) {
    const { schedule, layers, calendar, holidays, days } = JSON.parse(asked) as Asked;
    this.compiled = compile(applyLayers(schedule, layers));
    this.places = createPlaces(clinicCalendar(calendar, holidaysOf(holidays)));
    this.days = days;
  }

  /** Plans for lines, one answer a line; `first` is the number of the first. */
  answer(lines: string, first = 1): string {
    const read = lines.split('\n').map((line, n) => this.read(line, first + n));
    const cases = read.flatMap((one) => (one.ok ? [one.child] : []));
    const plans = planClinic(cases, this.places).values();
    return read
      .map((one) => (one.ok ? this.told(one, plans.next().value as VisitsPlan) : one.answer))
      .map((answer) => JSON.stringify(answer))
      .join('\n');
  }

  private read(line: string, number: number): Read {
    try {
      return this.readCase(JSON.parse(line));
    } catch (error) {
      const isOurs = error instanceof CaseError;
      const what = isOurs ? error.message : 'this is not a line of JSON';
      if (!isOurs && !(error instanceof SyntaxError)) throw error;
      return { ok: false, answer: { line: number, error: what } };
    }
  }

  private readCase(raw: { id?: unknown; committee?: unknown; until?: unknown }): Read {
    const { child, asOf } = readCase(raw);
    const own = typeof raw.until === 'string' ? parseDay(raw.until) : null;
    const planned: Planned = {
      ask: askOf(child, { compiled: this.compiled, programme: null }),
      committee: typeof raw.committee === 'string' ? raw.committee : null,
      from: asOf,
      until: own ?? asOf + this.days,
      ...mostOf(this.compiled),
    };
    return { ok: true, id: raw.id, child: planned };
  }

  private told({ id, child }: Extract<Read, { ok: true }>, plan: VisitsPlan): object {
    const unknown = unknownYears(this.places.calendar.holidays, child.from, child.until);
    return {
      ...(id !== undefined && { id }),
      ...answerOf(plan),
      ...(unknown.length > 0 && { years_without_holidays: unknown }),
    };
  }
}
