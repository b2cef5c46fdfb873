/** 新生儿首剂乙肝疫苗和卡介苗接种记录单 (appendix 4-3 of the national rules), as it goes home with the child. */

import { type ChildDoc, fact, standing } from '../case/document.ts';
import type { Clinic, Paper } from '../print/generated.ts';

export interface RecordWords {
  t(key: string, values?: Record<string, string | number>): string;
  vaccine(code: string): string;
  bodySite(code: string): string;
  reason(code: string): string;
  hbsag(code: string): string;
  person(account: string): string;
}

export function birthRecord(child: ChildDoc, clinic: Clinic, words: RecordWords): Paper {
  const { t } = words;
  const born = fact(child, 'birth_date') ?? '';
  const doses = standing(child, 'dose').filter(({ event }) => event.date <= dayAfter(born, 31));
  const grams = fact(child, 'birth_weight_g');
  const hbsag = fact(child, 'mother_hbsag');
  const pairs: [string, string][] = [
    ['field.name', fact(child, 'name') ?? ''],
    ['field.sex', t(`sex.${fact(child, 'sex') ?? 'U'}`)],
    ['newborns.born', `${born} ${fact(child, 'birth_time') ?? ''}`],
    ['field.birth_weight_g', grams === null ? '' : String(grams)],
    ['field.gestation_weeks', String(fact(child, 'gestation_weeks') ?? '')],
    ['field.mother_name', fact(child, 'mother_name') ?? ''],
    ['field.mother_hbsag', hbsag ? words.hbsag(hbsag) : ''],
    ['field.phone', fact(child, 'phone') ?? ''],
    ['field.address', fact(child, 'address') ?? ''],
  ];
  const notGiven = standing(child, 'not_given');
  return {
    clinic,
    title: t('newborns.record.title'),
    ...(fact(child, 'child_code') && { code: fact(child, 'child_code') ?? '' }),
    size: 'A5',
    facts: pairs.map(([key, value]) => ({ label: t(key), value: value.trim() })),
    tables: [
      {
        columns: ['vaccine', 'at', 'lot', 'maker', 'site', 'by'].map((one) =>
          t(`newborns.record.${one}`),
        ),
        rows: doses.map(({ event }) => [
          words.vaccine(event.vaccine),
          `${event.date} ${event.time ?? ''}`.trim(),
          event.lot ?? '',
          event.maker ?? '',
          event.body_site ? words.bodySite(event.body_site) : '',
          event.origin === 'given' ? words.person(event.by) : '',
        ]),
        widths: [24, 20, 15, 17, 12, 12],
      },
    ],
    paragraphs: [
      ...notGiven.map(({ event }) =>
        t('newborns.record.notGiven', {
          vaccine: words.vaccine(event.vaccine),
          reason: words.reason(event.reason),
        }),
      ),
      t('newborns.record.bring'),
    ],
    signs: [t('newborns.record.seal'), t('newborns.record.guardian')],
  };
}

function dayAfter(date: string, days: number): string {
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time)
    ? '9999'
    : new Date(time + days * 86_400_000).toISOString().slice(0, 10);
}
