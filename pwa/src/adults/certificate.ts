/** 成人预防接种凭证: an adult's own certificate, paper instead of a booklet. */

import { type ChildDoc, fact, standing } from '../case/document.ts';
import type { Clinic, Paper } from '../print/generated.ts';

export interface CertificateWords {
  t(key: string, values?: Record<string, string | number>): string;
  vaccine(code: string): string;
  place(site: string): string;
  person(account: string): string;
  document(type: string): string;
}

export function adultCertificate(
  child: ChildDoc,
  clinic: Clinic,
  today: string,
  words: CertificateWords,
): Paper {
  const { t } = words;
  const idNumber = fact(child, 'id_number');
  const type = fact(child, 'document_type');
  const number = idNumber ?? fact(child, 'document_number') ?? '';
  const doses = standing(child, 'dose').sort((a, b) => a.event.date.localeCompare(b.event.date));
  return {
    clinic,
    title: t('adults.certificate.title'),
    facts: [
      { label: t('field.name'), value: fact(child, 'name') ?? '' },
      { label: t('field.sex'), value: t(`sex.${fact(child, 'sex') ?? 'U'}`) },
      { label: t('field.birth_date'), value: fact(child, 'birth_date') ?? '' },
      { label: idNumber || !type ? t('field.id_number') : words.document(type), value: number },
      { label: t('adults.certificate.date'), value: today },
    ],
    tables: [
      {
        columns: ['vaccine', 'date', 'lot', 'maker', 'unit', 'by'].map((one) =>
          t(`adults.certificate.${one}`),
        ),
        rows: doses.map(({ event }) => [
          words.vaccine(event.vaccine),
          event.date,
          event.lot ?? '',
          event.maker ?? '',
          event.origin === 'history' ? (event.place ?? '') : words.place(event.site),
          event.origin === 'given' ? words.person(event.by) : '',
        ]),
        widths: [25, 13, 14, 18, 20, 10],
      },
    ],
    signs: [t('adults.certificate.seal')],
  };
}
