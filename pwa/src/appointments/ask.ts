/** What the schedule engine asks for, as the planner takes it. Pure. */
import { overdueFrom } from '../forecast/late.ts';
import { type Child, type Compiled, type Day, forecast } from '../schedule/index.ts';
import { type GroupForecast, QUESTIONS } from '../schedule/types.ts';
import type { PlanInput, PlannedDose, Wanted } from './planner.ts';

export interface Planned {
  compiled: Compiled;
  /** Groups that are planned; null: all. */
  programme: ReadonlySet<string> | null;
}

function wantedOf(group: GroupForecast, { compiled, programme }: Planned): Wanted[] {
  const { vaccineGroup, status, target, recommended, earliest, latest, vaccines, reasons } = group;
  const [vaccine] = vaccines;
  if (status !== 'notComplete' || target === null || recommended === null || !vaccine) return [];
  if (programme !== null && !programme.has(vaccineGroup)) return [];
  // What a question must settle first is not planned.
  if (reasons.some(({ code }) => QUESTIONS.has(code))) return [];
  const about = compiled.schedule.vaccines[vaccine];
  const route = about?.route ?? 'injection';
  const from = Math.max(recommended, earliest ?? recommended);
  return [
    {
      group: vaccineGroup,
      vaccine,
      target,
      from,
      until: Math.max((overdueFrom(group) ?? from) - 1, recommended),
      latest,
      route: route === 'injection' || route === 'oral' ? route : 'other',
      live: about?.live === true,
    },
  ];
}

/** Asks the engine what follows once planned doses have been given. */
export function askOf(child: Child, planned: Planned): PlanInput['ask'] {
  return (given: readonly PlannedDose[], asOf: Day) => {
    const doses = given.map(({ vaccine, day }, n) => ({
      id: `planned-${n}`,
      date: day,
      code: vaccine,
    }));
    const all = { ...child, doses: [...child.doses, ...doses] };
    return forecast(planned.compiled, all, asOf).groups.flatMap((one) => wantedOf(one, planned));
  };
}

/** The most of a visit, as the schedule and local rules say. */
export function mostOf({
  schedule: { visit },
}: Compiled): Pick<PlanInput, 'maxInjections' | 'maxOral'> {
  return {
    ...(visit?.maxInjections !== undefined && { maxInjections: visit.maxInjections }),
    ...(visit?.maxOral !== undefined && { maxOral: visit.maxOral }),
  };
}
