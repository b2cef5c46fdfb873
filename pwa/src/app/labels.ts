/** Names of codes in the language of the page, from the dictionaries (字典) of the catalog. */

import { useI18n } from 'vue-i18n';
import { useCatalog } from '../catalog';
import { moreOf } from '../vaccinate/usage';

export type DictionaryName =
  | 'vaccine'
  | 'body-site'
  | 'route'
  | 'void-reason'
  | 'refusal-reason'
  | 'contraindication'
  | 'observation'
  | 'aefi-symptom'
  | 'aefi-outcome'
  | 'relation'
  | 'residence'
  | 'register-status'
  | 'mother-hbsag'
  | 'mother-hiv'
  | 'ethnic-group';

export interface Labels {
  /** The name of a code; the code itself when the dictionary does not know it. */
  label(dictionary: DictionaryName, code: string): string;
  /** All codes of a dictionary with their names, in its order. */
  options(dictionary: DictionaryName, only?: readonly string[]): { code: string; label: string }[];
  /** The short name, for lists. */
  vaccineName(code: string): string;
  /** The name as on the certificate. */
  vaccineFullName(code: string): string;
  groupName(group: string): string;
  placeName(code: string): string;
}

export function useLabels(): Labels {
  const { locale } = useI18n();
  const { entries, groupTitle, placeName, schedules } = useCatalog();
  const lang = (): 'zh' | 'en' => (locale.value === 'en' ? 'en' : 'zh');

  /** Observations are named by the schedules that look at them; the rest by dictionaries. */
  function table(
    dictionary: DictionaryName,
  ): Readonly<Record<string, { zh?: string; en?: string }>> {
    if (dictionary !== 'observation') return entries(dictionary);
    return Object.assign({}, ...Object.values(schedules()).map((one) => one.observations ?? {}));
  }

  function label(dictionary: DictionaryName, code: string): string {
    return table(dictionary)[code]?.[lang()] ?? code;
  }

  return {
    label,
    options(dictionary, only) {
      const known = table(dictionary);
      const codes = only ?? Object.keys(known);
      return codes.map((code) => ({ code, label: known[code]?.[lang()] ?? code }));
    },
    vaccineName(code) {
      const entry = entries('vaccine')[code];
      return moreOf(entry).short?.[lang()] ?? entry?.[lang()] ?? code;
    },
    vaccineFullName: (code) => label('vaccine', code),
    groupName: (group) => groupTitle(group)?.[lang()] ?? group,
    placeName,
  };
}
