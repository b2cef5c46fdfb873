/** Names of codes in the language of the page, from the dictionaries (字典) of the catalog. */

import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import type { LayerDocument } from '../models/generated.ts';
import { catalogNow, useCatalog } from '.';
import { moreOf } from './vaccines';

export type DictionaryName =
  | 'vaccine'
  | 'body-site'
  | 'route'
  | 'campaign'
  | 'void-reason'
  | 'refusal-reason'
  | 'contraindication'
  | 'observation'
  | 'aefi-symptom'
  | 'precheck-question'
  | 'not-given-reason'
  | 'contact-outcome'
  | 'document-type'
  | 'booklet'
  | 'course'
  | 'animal'
  | 'school-grade'
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

type Names = Readonly<Record<string, { zh?: string; en?: string }>>;

/** Names that stand in the schedules; gathered once for each state of the catalog. */
const named = computed((): { groups: Names; observations: Names } => {
  const schedules = Object.values(useCatalog().schedules());
  const groups: Record<string, { zh?: string; en?: string }> = {};
  for (const { name, title } of schedules.flatMap((one) => one.groups)) {
    if (title) groups[name] ??= title;
  }
  for (const { layer } of catalogNow().all<LayerDocument>('layer:')) {
    if (layer.kind === 'campaign' && layer.title) groups[layer.name] ??= layer.title;
  }
  return { groups, observations: Object.assign({}, ...schedules.map((one) => one.observations)) };
});

export function useLabels(): Labels {
  const { locale } = useI18n();
  const { entries, placeName } = useCatalog();
  const lang = (): 'zh' | 'en' => (locale.value === 'en' ? 'en' : 'zh');

  /** Observations are named by the schedules that look at them; the rest by dictionaries. */
  function table(dictionary: DictionaryName): Names {
    return dictionary === 'observation' ? named.value.observations : entries(dictionary);
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
    groupName: (group) => named.value.groups[group]?.[lang()] ?? group,
    placeName,
  };
}
