/** A child's appointments (预约) as its events tell: what stands, and what came of it. Pure. */
import { type ChildDoc, standing } from './document.ts';

export interface Booked {
  /** The event that booked it, or moved it to this day. */
  id: string;
  on: string;
  part: 'am' | 'pm' | 'day';
  vaccines: string[];
  /** The child was vaccinated on that day, or came earlier, after it was booked. */
  kept: boolean;
}

/** What became of an appointment by a day. */
export type Fate = 'open' | 'kept' | 'missed';

export function fateOf({ on, kept }: Pick<Booked, 'on' | 'kept'>, today: string): Fate {
  if (kept) return 'kept';
  return on < today ? 'missed' : 'open';
}

/** Appointments that were neither moved to another day nor cancelled, by their days. */
export function bookedOf(child: ChildDoc): Booked[] {
  const all = standing(child, 'appointment');
  if (all.length === 0) return [];
  const replaced = new Set(all.map(({ event }) => event.replaces));
  const given = standing(child, 'dose').flatMap(({ event }) =>
    event.origin === 'given' ? [event.date] : [],
  );
  return all
    .filter(({ id, event }) => event.state === 'booked' && !replaced.has(id))
    .map(({ id, event: { on, part, vaccines = [], at } }) => ({
      id,
      on,
      part,
      vaccines,
      kept: given.some((date) => date === on || (date > at.slice(0, 10) && date < on)),
    }))
    .sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
}

/** The next appointment that is open on a day. */
export function nextBooked(booked: readonly Booked[], today: string): Booked | null {
  return booked.find((one) => fateOf(one, today) === 'open') ?? null;
}
