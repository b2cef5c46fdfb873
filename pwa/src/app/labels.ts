/** Names of codes in the language of the page, from the dictionaries (字典) of the catalog. */

import { useI18n } from 'vue-i18n';
import { useCatalog } from '../catalog';

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
  | 'ethnic-group';

export interface Labels {
  /** The name of a code; the code itself when the dictionary does not know it. */
  label(dictionary: DictionaryName, code: string): string;
  /** All codes of a dictionary with their names, in its order. */
  options(dictionary: DictionaryName, only?: readonly string[]): { code: string; label: string }[];
  vaccineName(code: string): string;
  groupName(group: string): string;
  placeName(code: string): string;
}

export function useLabels(): Labels {
  const { locale } = useI18n();
  const { entries, groupTitle, placeName } = useCatalog();
  const lang = (): 'zh' | 'en' => (locale.value === 'en' ? 'en' : 'zh');

  function label(dictionary: DictionaryName, code: string): string {
    return entries(dictionary)[code]?.[lang()] ?? code;
  }

  return {
    label,
    options(dictionary, only) {
      const known = entries(dictionary);
      const codes = only ?? Object.keys(known);
      return codes.map((code) => ({ code, label: known[code]?.[lang()] ?? code }));
    },
    vaccineName: (code) => label('vaccine', code),
    groupName: (group) => groupTitle(group)?.[lang()] ?? group,
    placeName,
  };
}
