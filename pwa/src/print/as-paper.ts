/** Forms that the browser prints without a layout of their own, as papers of facts and tables. */

import type { Labelled, Paper } from './generated.ts';
import type { Sheet } from './usePrint';

type T = (key: string) => string;

const facts = (...pairs: [label: string, value: string | undefined][]): Labelled[] =>
  pairs.flatMap(([label, value]) => (value ? [{ label, value }] : []));

/** Null for a form that `PrintSheet.vue` lays out itself. */
export function asPaper(what: Sheet, t: T): Paper | null {
  switch (what.template) {
    case 'paper':
      return what.data;
    case 'appointment': {
      const { clinic, child, date, time, number, items, bring } = what.data;
      return {
        clinic,
        title: t('print.title.slip'),
        code: child.code,
        size: 'A5',
        facts: facts(
          [t('print.field.name'), child.name],
          [t('print.field.birth_date'), child.birth_date],
          [t('print.appointment'), time ? `${date} ${time}` : date],
          [t('print.field.number'), number],
        ),
        paragraphs: [
          ...(items ?? []).map((one) => `· ${one.vaccine} ${one.dose ?? ''}`.trimEnd()),
          ...(bring ? [bring] : []),
        ],
      };
    }
    case 'card-label': {
      const { child, clinic_name, guardian, card_number } = what.data;
      return {
        clinic: { name: clinic_name },
        title: child.name,
        code: child.code,
        size: 'A5',
        facts: facts(
          [t('print.field.birth_date'), child.birth_date],
          [t('print.field.guardian'), guardian],
          [t('print.field.number'), card_number],
        ),
      };
    }
    case 'receipt': {
      const { clinic, title, number, child, at, charges, totals, cashier, note } = what.data;
      return {
        clinic,
        title,
        subtitle: number,
        size: 'A5',
        facts: facts([t('print.field.name'), child.name], [t('common.date'), at]),
        tables: [
          {
            columns: ['item', 'count', 'price', 'amount'].map((one) => t(`print.charge.${one}`)),
            rows: charges.map((one) => [one.item, String(one.count ?? 1), one.price, one.amount]),
            widths: [46, 14, 20, 20],
          },
        ],
        paragraphs: [
          ...(totals ?? []).map((one) => `${one.label} ${one.value ?? ''}`),
          ...[note, cashier].filter((text): text is string => Boolean(text)),
        ],
      };
    }
    case 'consent': {
      const { clinic, child, vaccine, dose, maker, price_yuan, decision, ...told } = what.data;
      const sections = (
        ['disease', 'effect', 'contraindications', 'reactions', 'precautions'] as const
      ).flatMap((name) => (told[name] ? [`${t(`print.told.${name}`)} ${told[name]}`] : []));
      return {
        clinic,
        title: t('print.title.consent'),
        code: child.code,
        facts: facts(
          [t('print.field.name'), child.name],
          [t('print.field.birth_date'), child.birth_date],
          [t('print.field.vaccine'), `${vaccine} ${dose ?? ''}`.trimEnd()],
          [t('print.field.maker'), maker],
          [t('print.price'), price_yuan === undefined ? undefined : price_yuan.toFixed(2)],
        ),
        tables: told.questions?.length
          ? [
              {
                columns: [t('print.told.question'), t('print.told.answer')],
                rows: told.questions.map((one) => [
                  [one.question, one.detail].filter(Boolean).join(' '),
                  one.answer === undefined ? '' : t(`print.told.${one.answer ? 'yes' : 'no'}`),
                ]),
                widths: [80, 20],
              },
            ]
          : [],
        paragraphs: [...sections, ...(decision ? [t(`print.told.${decision}`)] : [])],
        signs: [t('print.guardianSign'), t('print.doctorSign'), `${t('common.date')} ${told.date}`],
      };
    }
    default:
      return null;
  }
}
