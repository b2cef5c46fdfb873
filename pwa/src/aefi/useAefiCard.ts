/** The national report card (个案报告卡) on paper: its 22 items, from the case, the doses and the event. */
import { useI18n } from 'vue-i18n';
import { fact } from '../case/document';
import { catalogNow } from '../catalog';
import { useLabels } from '../catalog/labels';
import { wallClock } from '../clock/clock';
import type { Site } from '../models/generated.ts';
import { childForm, clinicForm } from '../print/forms';
import type { Labelled, Paper } from '../print/generated.ts';
import { usePrint } from '../print/usePrint';
import { useSession } from '../workspace/session';
import type { AefiCase } from './clocks';
import { occupationOf } from './form';

/** Columns of the suspected vaccines, after `aefi.card.column`. */
const COLUMNS = [
  'no',
  'vaccine',
  'spec',
  'maker',
  'lot',
  'given',
  'form',
  'dose',
  'amount',
  'route',
  'site',
];

export function useAefiCard(): {
  print(one: AefiCase): Promise<void>;
  paper(one: AefiCase): Paper;
} {
  const { t } = useI18n();
  const { label, vaccineFullName, placeName } = useLabels();
  const { nameOf } = useSession();
  const { print } = usePrint();

  function suspects({ suspects: all }: AefiCase): string[][] {
    return all.map(({ dose }, i) => [
      String(i + 1),
      vaccineFullName(dose.vaccine),
      dose.spec ?? '',
      dose.maker ?? '',
      dose.lot ?? '',
      dose.date,
      label('campaign', dose.campaign ?? 'routine'),
      dose.number ? String(dose.number) : '',
      dose.amount ?? '',
      dose.route ? label('route', dose.route) : '',
      dose.body_site ? label('body-site', dose.body_site) : '',
    ]);
  }

  function paper(one: AefiCase): Paper {
    const { child, event } = one;
    const card = event.card;
    const shown = childForm(child);
    const number = one.steps.find(({ done }) => done?.case_number)?.done?.case_number ?? '';
    const reported = one.steps.find(({ step }) => step === 'reported')?.done;
    const text = (name: 'phone' | 'address' | 'mother_name' | 'father_name') =>
      fact(child, name) ?? '';
    const pairs: [string, string][] = [
      ['number', number],
      ['name', shown.name],
      ['sex', t(`sex.${fact(child, 'sex') ?? 'U'}`)],
      ['birth', fact(child, 'birth_date') ?? ''],
      ['occupation', t(`aefi.occupation.${occupationOf(child, event.date)}`)],
      ['address', text('address')],
      ['phone', text('phone')],
      ['guardian', text('mother_name') || text('father_name')],
      ['date', event.date],
      ['found', card?.found ?? ''],
      ['hospital', card?.hospital ?? ''],
      ['symptoms', event.symptoms.map((code) => label('aefi-symptom', code)).join('、')],
      ['fever', card ? t(`aefi.fever.${card.fever}`) : ''],
      ['redness', card ? t(`aefi.redness.${card.redness}`) : ''],
      ['induration', card ? t(`aefi.induration.${card.induration}`) : ''],
      ['diagnosis', card?.diagnosis ?? ''],
      ['hospitalised', t(card?.hospitalised ? 'aefi.card.yes' : 'aefi.card.no')],
      ['outcome', event.outcome ? label('aefi-outcome', event.outcome) : ''],
      ['class', card ? t(`aefi.class.${card.initial_class}`) : ''],
      ['channel', card ? t(`aefi.channels.${card.channel}`) : ''],
      ['reportedOn', reported?.date ?? ''],
      ['unit', placeName(event.site)],
      ['reporter', nameOf(event.by) ?? event.by],
      ['reporterPhone', card?.phone ?? ''],
    ];
    const facts = pairs.map(([key, value]): Labelled => ({ label: t(`aefi.card.${key}`), value }));
    return {
      clinic: clinicForm(catalogNow().get<Site>(`site:${event.site}`) ?? null, event.site),
      title: t('aefi.card.title'),
      size: 'A4',
      facts,
      tables: [
        {
          title: t('aefi.suspect'),
          columns: COLUMNS.map((key) => t(`aefi.card.column.${key}`)),
          rows: suspects(one),
          widths: [4, 18, 9, 14, 11, 10, 8, 5, 7, 7, 7],
        },
      ],
      paragraphs: [
        `${t('aefi.course')}：${card?.course ?? ''}`,
        `${t('aefi.card.at')}${wallClock(Date.parse(event.at)).date}`,
      ],
      signs: [t('aefi.card.signReporter'), t('aefi.card.seal')],
    };
  }

  return {
    paper,
    async print(one) {
      await print({ template: 'paper', data: paper(one) });
    },
  };
}
