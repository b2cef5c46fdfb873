/** Booking a child's next visit (预约): what is recorded, what the planner proposes, and the events. */
import { computed } from 'vue';
import { type Booked, bookedOf, nextBooked } from '../case/appointments.ts';
import { type ChildDoc, fact } from '../case/document.ts';
import { useClock } from '../clock/useClock.ts';
import { engineChild } from '../forecast/history.ts';
import { useForecast } from '../forecast/useForecast.ts';
import { dateOf, dayOf } from '../ui/format.ts';
import { useRepository } from '../workspace/useChildren.ts';
import { askOf, mostOf } from './ask.ts';
import type { Part } from './clinic-days.ts';
import { planVisits, type VisitsPlan } from './planner.ts';
import { useCalendar } from './useCalendar.ts';

/** How far ahead a child's page plans. */
const AHEAD_DAYS = 400;

export interface Choice {
  date: string;
  part: Part;
}

export interface NextVisit extends Choice {
  /** Recorded; null: only proposed. */
  booked: Booked | null;
  vaccines: string[];
}

export interface UseBooking {
  /** The visits to come from tomorrow on; null where nothing can be planned. */
  plan(child: ChildDoc): VisitsPlan | null;
  /** What is recorded, else what the planner proposes; null: nothing is to come. */
  next(child: ChildDoc): NextVisit | null;
  /** The next days, and halves, on which these vaccines may be given and there is a place. */
  free(child: ChildDoc, vaccines: readonly string[], from: string, count: number): Choice[];
  /** Whether the clinic has a place for it then. */
  hasPlace(child: ChildDoc, vaccines: readonly string[], date: string): Part | null;
  book(child: ChildDoc, visit: Omit<NextVisit, 'booked'>): Promise<ChildDoc>;
  cancel(child: ChildDoc, booked: Booked): Promise<ChildDoc>;
}

export function useBooking(): UseBooking {
  const { today } = useClock();
  const { forecaster } = useForecast();
  const { places, visitor } = useCalendar();
  const { addEvent } = useRepository();
  const tomorrow = computed(() => (dayOf(today()) ?? 0) + 1);

  const plan = (child: ChildDoc): VisitsPlan | null => {
    const now = forecaster.value;
    const input = now && engineChild(child, now.schedule);
    if (!now || !input) return null;
    const planned = { compiled: now.compiled, programme: now.programme };
    return planVisits({
      ask: askOf(input, planned),
      places: places.value,
      committee: fact(child, 'committee'),
      from: tomorrow.value,
      until: tomorrow.value + AHEAD_DAYS,
      ...mostOf(now.compiled),
    });
  };
  const placeOn = (child: ChildDoc, vaccines: readonly string[], day: number) =>
    places.value.place(day, visitor(fact(child, 'committee'), vaccines));

  return {
    plan,
    next(child) {
      const booked = nextBooked(bookedOf(child), today());
      if (booked) {
        const { on, part, vaccines } = booked;
        return { date: on, part, vaccines, booked };
      }
      const first = plan(child)?.visits[0];
      if (!first) return null;
      const vaccines = first.doses.map(({ vaccine }) => vaccine);
      return { date: dateOf(first.day), part: first.part, vaccines, booked: null };
    },
    free(child, vaccines, from, count) {
      const found: Choice[] = [];
      const start = Math.max(dayOf(from) ?? 0, tomorrow.value);
      for (let day = start; day < start + AHEAD_DAYS && found.length < count; day++) {
        const part = placeOn(child, vaccines, day);
        if (part !== null) found.push({ date: dateOf(day), part });
      }
      return found;
    },
    hasPlace(child, vaccines, date) {
      const day = dayOf(date);
      return day === null ? null : placeOn(child, vaccines, day);
    },
    book(child, { date, part, vaccines }) {
      const before = nextBooked(bookedOf(child), today());
      return addEvent(child._id, {
        kind: 'appointment',
        state: 'booked',
        on: date,
        part,
        vaccines: [...vaccines],
        ...(before && { replaces: before.id }),
      });
    },
    cancel: (child, { id, on, part }) =>
      addEvent(child._id, { kind: 'appointment', state: 'cancelled', on, part, replaces: id }),
  };
}
