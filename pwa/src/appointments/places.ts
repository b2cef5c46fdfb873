/** Who has taken which place (号源). Counts visits by the rules and sessions that they take a place in. */
import type { Day } from '../schedule/types.ts';
import type { ClinicCalendar, Part, Pool, Visitor } from './clinic-days.ts';

export interface Places {
  calendar: ClinicCalendar;
  /** Counts a visit; also one that finds no place, for it will come. */
  take(day: Day, part: Part, visitor: Visitor): void;
  release(day: Day, part: Part, visitor: Visitor): void;
  taken(day: Day, pool: Pool): number;
  /** A part of the day in which all that is sought may be given and there is a place; null: none. */
  place(day: Day, visitor: Visitor): Part | null;
  /** The first such day from one to another, both inclusive. */
  first(from: Day, to: Day, visitor: Visitor): { day: Day; part: Part } | null;
}

export function createPlaces(calendar: ClinicCalendar): Places {
  const counts = new Map<string, number>();
  const key = (day: Day, { rule, part }: Pool) => `${day} ${rule} ${part}`;
  const add = (day: Day, part: Part, visitor: Visitor, by: number) => {
    for (const pool of calendar.pools(day, part, visitor)) {
      const name = key(day, pool);
      counts.set(name, (counts.get(name) ?? 0) + by);
    }
  };
  const taken = (day: Day, pool: Pool) => counts.get(key(day, pool)) ?? 0;
  const place = (day: Day, visitor: Visitor): Part | null => {
    for (const part of calendar.parts(day, visitor)) {
      const pools = calendar.pools(day, part, visitor);
      if (pools.every((pool) => pool.capacity === null || taken(day, pool) < pool.capacity)) {
        return part;
      }
    }
    return null;
  };
  return {
    calendar,
    take: (day, part, visitor) => add(day, part, visitor, 1),
    release: (day, part, visitor) => add(day, part, visitor, -1),
    taken,
    place,
    first(from, to, visitor) {
      for (let day = from; day <= to; day++) {
        const part = place(day, visitor);
        if (part !== null) return { day, part };
      }
      return null;
    },
  };
}
