/**
 * Which reactions must be reported (报告范围): what is seen, how long after the dose. Source:
 * 全国疑似预防接种异常反应监测方案 2010, its table by interval. Beyond the table a person decides.
 */
import type { EventOf } from '../case/document.ts';
import { dayOf } from '../ui/format.ts';

export type Aefi = EventOf<'aefi'>;

/** Days after the dose within which a symptom of the dictionary `aefi-symptom` is reported. */
interface Window {
  days: number;
  from?: number;
  /** Only after a vaccine of this class (the first two digits). */
  vaccineClass?: string;
}

const BCG = '01';
const DAY: readonly Window[] = [{ days: 1 }];
const FIVE_DAYS: readonly Window[] = [{ days: 5 }];
const FIFTEEN_DAYS: readonly Window[] = [{ days: 15 }];
const SIX_WEEKS: readonly Window[] = [{ days: 42 }];
const THREE_MONTHS: readonly Window[] = [{ days: 92 }];
/** BCG's own, one to twelve months after it. */
const BCG_YEAR: readonly Window[] = [{ from: 28, days: 366, vaccineClass: BCG }];

export const WINDOWS: Readonly<Record<string, readonly Window[]>> = {
  anaphylaxis: DAY,
  urticaria: DAY,
  laryngeal_oedema: DAY,
  toxic_shock: DAY,
  fainting: DAY,
  hysteria: DAY,
  fever: FIVE_DAYS,
  redness: FIVE_DAYS,
  induration: FIVE_DAYS,
  angioedema: FIVE_DAYS,
  sepsis: FIVE_DAYS,
  local_infection: FIVE_DAYS,
  rash: FIFTEEN_DAYS,
  purpura: FIFTEEN_DAYS,
  arthus: FIFTEEN_DAYS,
  convulsion: FIFTEEN_DAYS,
  epilepsy: FIFTEEN_DAYS,
  polyneuritis: FIFTEEN_DAYS,
  encephalopathy: FIFTEEN_DAYS,
  encephalitis: FIFTEEN_DAYS,
  thrombocytopenia: SIX_WEEKS,
  guillain_barre: SIX_WEEKS,
  vapp: SIX_WEEKS,
  brachial_neuritis: THREE_MONTHS,
  abscess: THREE_MONTHS,
  lymphadenitis: [...FIVE_DAYS, ...BCG_YEAR],
  osteomyelitis: BCG_YEAR,
  disseminated_bcg: BCG_YEAR,
};

/** What is reported only from a size on, and where the card says it (发热 ≥ 38.6 ℃, 红肿、硬结 > 2.5 cm). */
const MEASURED = {
  fever: ['3'],
  redness: ['2', '3'],
  induration: ['2', '3'],
} as const;

type Measures = Partial<Record<keyof typeof MEASURED, string>>;

/** A dose that may have caused it. */
export interface Suspect {
  vaccine: string;
  date: string;
}

export interface Suggestion {
  /**
   * `report`: the table names it; `decide`: it is not in the table, which also wants whatever else is
   * serious; `mild`: what was measured is below what the table wants.
   */
  verdict: 'report' | 'decide' | 'mild';
  /** Of `report`: the symptom that the table names, and days from the dose to it. */
  symptom?: string;
  days?: number;
}

function isBelow(symptom: string, measures: Measures): boolean {
  if (!(symptom in MEASURED)) return false;
  const name = symptom as keyof typeof MEASURED;
  return !(MEASURED[name] as readonly string[]).includes(measures[name] ?? '4');
}

function isIn(window: Window, days: number, vaccine: string): boolean {
  const { from = 0, vaccineClass } = window;
  if (vaccineClass !== undefined && !vaccine.startsWith(vaccineClass)) return false;
  return days >= from && days <= window.days;
}

/** Must it be reported, as far as the table says? `date` is the day of the reaction. */
export function suggest(
  date: string,
  symptoms: readonly string[],
  measures: Measures,
  suspects: readonly Suspect[],
): Suggestion {
  const on = dayOf(date) ?? 0;
  let mild = symptoms.length > 0;
  for (const symptom of symptoms) {
    if (isBelow(symptom, measures)) continue;
    mild = false;
    for (const { vaccine, date: given } of suspects) {
      const days = on - (dayOf(given) ?? 0);
      if (WINDOWS[symptom]?.some((window) => isIn(window, days, vaccine))) {
        return { verdict: 'report', symptom, days };
      }
    }
  }
  return { verdict: mild ? 'mild' : 'decide' };
}
