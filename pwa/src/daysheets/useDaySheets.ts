/** The day's sheets, filled from what this device holds. */
import { type ComputedRef, computed, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { isDenialCode } from '../case/denial';
import type { ChildDoc } from '../case/document';
import { FREE_PLACE } from '../case/visit';
import { useLabels } from '../catalog/labels';
import { useSettings } from '../catalog/settings';
import { useClock } from '../clock/useClock';
import { historyOf } from '../forecast/plan';
import { useReasons } from '../forecast/reasons';
import { useForecast } from '../forecast/useForecast';
import { useMoves } from '../stock/useStock';
import { useSession } from '../workspace/session';
import { useDay } from '../workspace/useDay';
import {
  type DayOf,
  type DaySheet,
  type LogOrder,
  type SheetName,
  type SheetWords,
  sheetOf,
} from './sheets';

/** What was warned of, without the figures of that day, which the dose does not keep. */
const bare = (text: string) => text.replace(/\s*\{\w+\}\s*/g, ' … ').trim();

export function useDaySheets(
  day: Ref<string>,
  name: Ref<SheetName>,
  order: Ref<LogOrder>,
): { sheet: ComputedRef<DaySheet>; loading: Readonly<Ref<boolean>> } {
  const { t, te } = useI18n();
  const { label, vaccineName } = useLabels();
  const { user, nameOf } = useSession();
  const { today } = useClock();
  const { reasonTexts } = useReasons();
  const { forecastOf } = useForecast();
  const settings = useSettings();
  const moves = useMoves();
  const { children, loading } = useDay(day);

  function warning(code: string): string {
    if (isDenialCode(code)) return t(`denied.${code}`);
    const key = code.startsWith('visit.')
      ? `warning.${code.slice('visit.'.length)}`
      : `reasons.${code}`;
    if (!te(key) && !te(key, 'zh')) return code;
    const gaps = Object.fromEntries(
      [
        'degrees',
        'code',
        'days',
        'date',
        'vaccine',
        'with',
        'count',
        'most',
        'age',
        'interval',
      ].map((gap) => [gap, '…']),
    );
    return bare(t(key, gaps));
  }

  function against(child: ChildDoc, id: string): string | null {
    const row = historyOf(child, forecastOf(child)).find((one) => one.id === id);
    if (!row || row.status === null || row.status === 'valid') return null;
    return row.status === 'notValid' ? reasonTexts(row.reasons).join('；') : null;
  }

  const words: SheetWords = {
    vaccine: vaccineName,
    bodySite: (code) => label('body-site', code),
    route: (code) => label('route', code),
    sex: (code) => t(`sex.${code}`),
    person: (account) => nameOf(account) ?? account,
    nth: (number) => t('history.nth', { number }),
    word: (key) => t(`daysheets.word.${key}`),
    warning,
    against,
  };

  const of = computed(
    (): DayOf => ({
      day: day.value,
      site: user.value?.site ?? '',
      children: children.value,
      place: {
        paying: settings.value?.paying ?? false,
        prices: settings.value?.prices ?? [],
        observationMinutes: settings.value?.observation_minutes ?? FREE_PLACE.observationMinutes,
      },
      everyVisit: settings.value?.consent === 'every-visit',
      over: day.value < today(),
      wasted: moves.value.flatMap((move) =>
        move.kind === 'waste' && move.date === day.value && move.doses
          ? [{ vaccine: move.vaccine, lot: move.lot, doses: -move.doses }]
          : [],
      ),
    }),
  );
  return { sheet: computed(() => sheetOf(name.value, of.value, words, order.value)), loading };
}
