/** Who is being observed until when (留观), and what leaving records. Derived from events alone. */
import { type ChildDoc, fact, type NewEvent, standing } from '../case/document.ts';
import { type DayVisit, type VisitPlace, visitOf } from '../case/visit.ts';

const MINUTE = 60_000;

export interface Watched {
  child: ChildDoc;
  name: string;
  visit: DayVisit & { observed: { since: string; until: string } };
  /** Ms until the child may leave; 0 or less: it may. */
  left: number;
  vaccines: string[];
  /** A reaction was noted today. */
  reacted: boolean;
}

export interface Board {
  /** Under observation, who may leave first. */
  here: Watched[];
  /** Left today, the last first. */
  gone: Watched[];
}

export function boardOf(
  children: readonly ChildDoc[],
  day: string,
  place: VisitPlace,
  now: number,
): Board {
  const all = children.flatMap((child): Watched[] => {
    const visit = visitOf(child, day, place);
    const { observed } = visit;
    if (!observed) return [];
    return [
      {
        child,
        name: fact(child, 'name') ?? '',
        visit: { ...visit, observed },
        left: Date.parse(observed.until) - now,
        vaccines: visit.doses.map(({ event }) => event.vaccine),
        reacted: standing(child, 'aefi').some(({ event }) => event.date === day),
      },
    ];
  });
  return {
    here: all.filter(({ visit }) => !visit.stay).sort((a, b) => a.left - b.left),
    gone: all
      .filter(({ visit }) => visit.stay)
      .sort((a, b) =>
        (b.visit.stay?.event.until ?? '').localeCompare(a.visit.stay?.event.until ?? ''),
      ),
  };
}

/** Whole minutes that are left, never told too few. */
export const minutesLeft = (left: number): number => Math.max(0, Math.ceil(left / MINUTE));

/** `4:05`, of what is left; `+2:10` once the time is over. */
export function countdown(left: number): string {
  const seconds = left > 0 ? Math.ceil(left / 1000) : Math.floor(-left / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return left > 0 ? text : `+${text}`;
}

/** The end of an observation. Who leaves early says why: the rules refuse it otherwise. */
export function stayOf(
  watched: Watched,
  minutes: number,
  day: string,
  instant: string,
  reason = '',
): NewEvent<'stay'> {
  return {
    kind: 'stay',
    date: day,
    since: watched.visit.observed.since,
    until: instant,
    minutes,
    reaction: watched.reacted,
    ...(reason.trim() && { reason: reason.trim() }),
  };
}
