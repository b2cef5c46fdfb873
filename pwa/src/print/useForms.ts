/** The forms of one child, filled and ready to print. */

import { useI18n } from 'vue-i18n';
import { useCalendar } from '../appointments/useCalendar';
import { type ChildDoc, fact } from '../case/document';
import { catalogNow } from '../catalog';
import { useLabels } from '../catalog/labels';
import { useClock } from '../clock/useClock';
import { historyOf, planOf } from '../forecast/plan';
import { useForecast } from '../forecast/useForecast';
import type { Site } from '../models/generated.ts';
import type { Forecast } from '../schedule/types.ts';
import { useSession } from '../workspace/session';
import { certificateForm, clinicForm, noticeForm, type Words } from './forms';
import type { BookletLayout, CertificatePage, Clinic, Notice } from './generated.ts';
import { type Appointment, nextAppointment } from './next';

export function useForms(): {
  notice(child: ChildDoc, forecast: Forecast | null): Notice;
  clinic(): Clinic;
  certificate(child: ChildDoc, forecast: Forecast | null): CertificatePage;
  /** Text alone, for a booklet whose lines are printed already. */
  booklet(
    child: ChildDoc,
    forecast: Forecast | null,
    what: { lines: ReadonlyMap<string, number>; layout: BookletLayout; withChild: boolean },
  ): CertificatePage;
  appointment(child: ChildDoc, forecast: Forecast | null): Appointment | null;
} {
  const { t } = useI18n();
  const { label, vaccineFullName, vaccineName, placeName, groupName } = useLabels();
  const { user, nameOf } = useSession();
  const { today } = useClock();
  const { places } = useCalendar();
  const { forecaster } = useForecast();

  const words: Words = {
    vaccine: vaccineFullName,
    vaccineShort: vaccineName,
    bodySite: (code) => label('body-site', code),
    route: (code) => label('route', code),
    ethnic: (code) => label('ethnic-group', code),
    contraindication: (code) => label('contraindication', code),
    place: placeName,
    person: (account) => nameOf(account) ?? '',
    nth: (number) => t('history.nth', { number }),
  };

  function clinic(): Clinic {
    const code = user.value?.site ?? '';
    return clinicForm(catalogNow().get<Site>(`site:${code}`) ?? null, code);
  }

  function numbersOf(child: ChildDoc, forecast: Forecast | null): Map<string, number | null> {
    return new Map(historyOf(child, forecast).map((row) => [row.id, row.number]));
  }

  function appointment(child: ChildDoc, forecast: Forecast | null): Appointment | null {
    if (!forecast) return null;
    const plan = planOf(forecast, today(), forecaster.value?.programme ?? null);
    return nextAppointment(plan, today(), places.value, fact(child, 'committee'));
  }

  return {
    appointment,
    notice(child, forecast) {
      const next = appointment(child, forecast);
      return noticeForm({
        child,
        clinic: clinic(),
        date: today(),
        numbers: numbersOf(child, forecast),
        next: (next?.groups ?? []).map((one) => ({
          vaccine: groupName(one.group),
          dose: words.nth(one.target),
          earliest: one.recommended,
          ...(one.pastDue && one.pastDue >= one.recommended && { by: one.pastDue }),
        })),
        appointment: next?.date ?? null,
        words,
      });
    },
    clinic,
    certificate: (child, forecast) =>
      certificateForm({
        child,
        clinic: clinic(),
        date: today(),
        numbers: numbersOf(child, forecast),
        words,
        variant: 'page',
      }),
    booklet: (child, forecast, what) =>
      certificateForm({
        child,
        clinic: clinic(),
        date: today(),
        numbers: numbersOf(child, forecast),
        words,
        variant: 'passbook',
        ...what,
      }),
  };
}
