/** The check of a school's list, recorded child by child (入托入学查验、复验). */

import type { ComputedRef } from 'vue';
import { computed } from 'vue';
import { type ChildDoc, fact, type NewEvent } from '../case/document';
import { type SchoolEntry, schoolEntry } from '../case/school';
import { useClock } from '../clock/useClock';
import { useForecast } from '../forecast/useForecast';
import { dayOf } from '../ui/format';
import type { ChildRow } from '../workspace/row';
import { useChildren, useRepository } from '../workspace/useChildren';
import { type CheckResult, type DoseCheck, doseChecks, resultOf } from './check';

export interface Where {
  school: string;
  year: string;
  grade: string;
}

export interface Checked {
  row: ChildRow;
  doses: DoseCheck[];
  result: CheckResult;
  missing: string[];
}

export interface Entered {
  row: ChildRow;
  entry: SchoolEntry;
}

export interface UseSchools {
  /** Everybody on this device who was checked. */
  entered: ComputedRef<Entered[]>;
  /** Dose by dose, as of today; null while no schedule is here or the birth date is not known. */
  dosesOf(child: ChildDoc): DoseCheck[] | null;
  /** Checks a child and records it; null where that cannot be said. */
  check(
    row: ChildRow,
    where: Where,
    of: { className: string | null; certificate: boolean },
  ): Promise<Checked | null>;
  /** Looks again at a child that had to catch up. */
  recheck(row: ChildRow): Promise<Checked | null>;
}

export function useSchools(): UseSchools {
  const { get, rows, version } = useChildren();
  const { addEvents } = useRepository();
  const { forecaster, forecastOf } = useForecast();
  const { today } = useClock();

  function dosesOf(child: ChildDoc): DoseCheck[] | null {
    const now = forecaster.value;
    const forecast = forecastOf(child);
    const birth = dayOf(fact(child, 'birth_date') ?? '');
    if (!now || !forecast || birth === null) return null;
    return doseChecks(forecast, now.schedule, now.programme, birth, dayOf(today()) ?? 0);
  }

  async function record(
    row: ChildRow,
    certificate: boolean,
    about: (
      child: ChildDoc,
    ) => Omit<NewEvent<'school_check'>, 'kind' | 'date' | 'certificate' | 'result' | 'missing'>,
  ): Promise<Checked | null> {
    const child = await get(row.id);
    const doses = child && dosesOf(child);
    if (!child || !doses) return null;
    const { result, missing } = resultOf(doses, certificate);
    await addEvents(child._id, [
      { kind: 'school_check', date: today(), certificate, result, missing, ...about(child) },
    ]);
    return { row, doses, result, missing };
  }

  return {
    entered: computed(() => {
      void version.value;
      return rows().flatMap((row) => (row.entry ? [{ row, entry: row.entry }] : []));
    }),
    dosesOf,
    check: (row, { school, year, grade }, { className, certificate }) =>
      record(row, certificate, () => ({
        school,
        year,
        ...(grade && { grade }),
        ...(className && { class_name: className }),
      })),
    recheck: (row) =>
      // Whoever came back with what was missing has a certificate by now.
      record(row, true, (child) => {
        const entry = schoolEntry(child);
        return {
          school: entry?.school ?? '',
          year: entry?.year ?? '',
          ...(entry?.grade && { grade: entry.grade }),
          ...(entry?.className && { class_name: entry.className }),
          ...(entry && { rechecks: entry.id }),
        };
      }),
  };
}
