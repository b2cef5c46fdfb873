/**
 * The visits of all children of a clinic (全点计划). Pure. Each is planned after the other, and where that
 * leaves a child late because others took the places, one of those is asked to come on another day on
 * which it is no later than before.
 */
import type { Day } from '../schedule/types.ts';
import type { Visitor } from './clinic-days.ts';
import type { Places } from './places.ts';
import { type PlanInput, planVisits, type VisitsPlan } from './planner.ts';

/** A child to be planned for. */
export type Planned = Omit<PlanInput, 'places'>;

/** Others that are asked to make room, for one child. */
const MOST_ASKED = 40;

const visitorOf = (child: Planned, doses: Visitor['doses']): Visitor => ({
  committee: child.committee,
  doses,
});

/** Plans in the order of the children, and takes the places. */
export function planClinic(children: readonly Planned[], places: Places): VisitsPlan[] {
  const plans: VisitsPlan[] = [];
  const onDay = new Map<Day, Set<number>>();

  const each = (n: number, move: 'take' | 'release') => {
    const child = children[n] as Planned;
    for (const { day, part, doses } of plans[n]?.visits ?? []) {
      places[move](day, part, visitorOf(child, doses));
      const there = onDay.get(day) ?? new Set();
      if (move === 'take') there.add(n);
      else there.delete(n);
      onDay.set(day, there);
    }
  };
  const set = (n: number, plan: VisitsPlan) => {
    plans[n] = plan;
    each(n, 'take');
  };
  const plan = (n: number) => planVisits({ ...(children[n] as Planned), places });

  /** Children who hold a place on a day that would do for a late one, the fewest visits first. */
  const holders = (n: number): number[] => {
    const child = children[n] as Planned;
    const found = new Set<number>();
    for (const { dose, why } of plans[n]?.late ?? []) {
      if (why !== 'full') continue;
      for (let day = Math.max(dose.from, child.from); day <= dose.until; day++) {
        if (places.calendar.parts(day, visitorOf(child, [dose])).length === 0) continue;
        for (const other of onDay.get(day) ?? []) if (other !== n) found.add(other);
      }
    }
    const visits = (k: number) => plans[k]?.visits.length ?? 0;
    return [...found].sort((a, b) => visits(a) - visits(b)).slice(0, MOST_ASKED);
  };

  /** Tries to make room for a child by another's coming on another day. */
  const makeRoom = (n: number): void => {
    for (const other of holders(n)) {
      const before = [plans[n], plans[other]] as [VisitsPlan, VisitsPlan];
      each(n, 'release');
      each(other, 'release');
      set(n, plan(n));
      set(other, plan(other));
      const [own, others] = [plans[n] as VisitsPlan, plans[other] as VisitsPlan];
      if (own.late.length < before[0].late.length && others.late.length <= before[1].late.length) {
        return;
      }
      each(n, 'release');
      each(other, 'release');
      set(n, before[0]);
      set(other, before[1]);
    }
  };

  for (const n of children.keys()) set(n, plan(n));
  for (const n of children.keys()) {
    if (plans[n]?.late.some(({ why }) => why === 'full')) makeRoom(n);
  }
  return plans;
}
