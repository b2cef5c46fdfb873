/** The clinic's days and its appointments, for pages (门诊日、预约). */
import { type ComputedRef, computed, type ShallowRef, shallowRef } from 'vue';
import { fateOf } from '../case/appointments.ts';
import { catalogNow, useCatalog } from '../catalog/index.ts';
import { useSettings } from '../catalog/settings.ts';
import { moreOf } from '../catalog/vaccines.ts';
import type { Holidays as HolidayDocument } from '../models/generated.ts';
import { dayOf } from '../ui/format.ts';
import type { ChildRow } from '../workspace/row.ts';
import { childrenVersion, workspace } from '../workspace/workspace.ts';
import { type ClinicCalendar, clinicCalendar, type Sought, type Visitor } from './clinic-days.ts';
import {
  type Holidays,
  type HolidayYears,
  holidaysOf,
  NO_HOLIDAYS,
  nationalDays,
} from './holidays.ts';
import { createPlaces, type Places } from './places.ts';

const national: ShallowRef<HolidayYears | null> = shallowRef(null);
const failed: ShallowRef<unknown> = shallowRef(null);

function load(): void {
  if (national.value) return;
  nationalDays().then(
    (tables) => {
      national.value = tables;
    },
    (error: unknown) => {
      failed.value = error;
    },
  );
}

/** The region's own table lies over what came with the program. */
function sources(): HolidayYears[] {
  const own = catalogNow()
    .all<HolidayDocument>('holidays:')
    .map(({ year, off = [], on = [] }) => ({ years: [year], off, on }));
  return national.value ? [national.value, ...own] : own;
}

export interface UseCalendar {
  holidays: ComputedRef<Holidays>;
  calendar: ComputedRef<ClinicCalendar>;
  /** Who has taken which place, by the appointments that stand. */
  places: ComputedRef<Places>;
  /** What a vaccine counts as, for rules that name its group. */
  sought(vaccine: string): Sought;
  visitor(committee: string | null, vaccines: readonly string[]): Visitor;
  /** Why the holidays could not be read; null: they could, or are being read. */
  problem: Readonly<ShallowRef<unknown>>;
}

const holidays = computed(() => {
  const all = sources();
  return all.length ? holidaysOf(all) : NO_HOLIDAYS;
});

function soughtOf(vaccine: string): Sought {
  const entry = useCatalog().entries('vaccine')[vaccine];
  return { group: moreOf(entry).groups?.[0] ?? vaccine, vaccine };
}

const visitorOf = (committee: string | null, vaccines: readonly string[]): Visitor => ({
  committee,
  doses: vaccines.length ? vaccines.map(soughtOf) : [{ group: '' }],
});

/** Appointments that stand, of all children. */
function takeAll(places: Places, rows: readonly ChildRow[]): void {
  for (const { booked, committee } of rows) {
    for (const { on, part, vaccines } of booked) {
      const day = dayOf(on);
      if (day !== null) places.take(day, part, visitorOf(committee, vaccines));
    }
  }
}

export function useCalendar(): UseCalendar {
  load();
  const settings = useSettings();
  const calendar = computed(() => clinicCalendar(settings.value, holidays.value));
  return {
    holidays,
    calendar,
    places: computed(() => {
      void childrenVersion.value;
      const places = createPlaces(calendar.value);
      takeAll(places, workspace.value?.index.rows() ?? []);
      return places;
    }),
    sought: soughtOf,
    visitor: visitorOf,
    problem: failed,
  };
}

/** An appointment that stands, of one child. */
export interface Entry {
  row: ChildRow;
  appointment: ChildRow['booked'][number];
  fate: ReturnType<typeof fateOf>;
}

/** The appointments of one day, by session and name. */
export function bookOf(rows: readonly ChildRow[], date: string, today: string): Entry[] {
  const order = { am: 0, pm: 1, day: 2 };
  return rows
    .flatMap((row) =>
      row.booked
        .filter(({ on }) => on === date)
        .map((appointment) => ({ row, appointment, fate: fateOf(appointment, today) })),
    )
    .sort(
      (a, b) =>
        order[a.appointment.part] - order[b.appointment.part] ||
        a.row.name.localeCompare(b.row.name, 'zh'),
    );
}
