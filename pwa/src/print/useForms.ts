/** The forms of one child, filled and ready to print. */

import { useI18n } from 'vue-i18n';
import { useBooking } from '../appointments/useBooking';
import type { ChildDoc } from '../case/document';
import { catalogNow, useCatalog } from '../catalog';
import { useLabels } from '../catalog/labels';
import { leafletOf, moreOf, versionOf } from '../catalog/vaccines';
import { useClock } from '../clock/useClock';
import { historyOf, planOf } from '../forecast/plan';
import { useForecast } from '../forecast/useForecast';
import type { Site } from '../models/generated.ts';
import type { Forecast } from '../schedule/types.ts';
import { useSession } from '../workspace/session';
import { consentForm } from './consent-form';
import { certificateForm, clinicForm, noticeForm, type Words } from './forms';
import type { BookletLayout, CertificatePage, Clinic, Consent, Notice } from './generated.ts';
import { type Appointment, comingBy } from './next';

export function useForms(): {
  notice(child: ChildDoc, forecast: Forecast | null): Notice;
  clinic(): Clinic;
  certificate(child: ChildDoc, forecast: Forecast | null): CertificatePage;
  /** The consent form of a vaccine, as it stands today. */
  consent(child: ChildDoc, vaccine: string, priceFen: number | null): Consent;
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
  const { next: nextVisit } = useBooking();
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

  /** What every form of a child is filled from. */
  function basis(child: ChildDoc, forecast: Forecast | null) {
    const numbers = new Map(historyOf(child, forecast).map((row) => [row.id, row.number]));
    return { child, clinic: clinic(), date: today(), numbers, words };
  }

  function appointment(child: ChildDoc, forecast: Forecast | null): Appointment | null {
    if (!forecast) return null;
    const plan = planOf(forecast, today(), forecaster.value?.programme ?? null);
    const visit = nextVisit(child);
    if (!visit) return null;
    const { date, part, booked } = visit;
    return { date, part, isBooked: booked !== null, groups: comingBy(plan, today(), date) };
  }

  return {
    appointment,
    consent(child, vaccine, priceFen) {
      const { entries } = useCatalog();
      const entry = entries('vaccine')[vaccine];
      const leaflet = leafletOf(entry, entries('leaflet'), 'zh');
      return consentForm({
        ...{ child, clinic: clinic(), date: today(), code: vaccine, priceFen, leaflet, dose: '' },
        vaccine: vaccineFullName(vaccine),
        programme: moreOf(entry).programme !== false,
        version: versionOf(leaflet),
        question: (code) => label('precheck-question', code),
        relation: (code) => label('relation', code),
        doctor: user.value?.displayName ?? '',
      });
    },
    notice(child, forecast) {
      const next = appointment(child, forecast);
      return noticeForm({
        ...basis(child, forecast),
        next: (next?.groups ?? []).map((one) => ({
          vaccine: groupName(one.group),
          dose: words.nth(one.target),
          earliest: one.recommended,
          ...(one.pastDue && one.pastDue >= one.recommended && { by: one.pastDue }),
        })),
        // A day that nobody has recorded is nobody's promise.
        appointment: next?.isBooked ? `${next.date} ${t(`part.${next.part}`)}` : null,
      });
    },
    clinic,
    certificate: (child, forecast) =>
      certificateForm({ ...basis(child, forecast), variant: 'page' }),
    booklet: (child, forecast, what) =>
      certificateForm({ ...basis(child, forecast), variant: 'passbook', ...what }),
  };
}
