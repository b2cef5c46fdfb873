/** Reasons and trails of the schedule engine in plain words. */

import { useI18n } from 'vue-i18n';
import { useLabels } from '../catalog/labels';
import type { Reason } from '../schedule/types.ts';
import { reasonParams } from './plan';

export function useReasons(): {
  reasonText(reason: Reason): string;
  reasonTexts(reasons: readonly Reason[]): string[];
} {
  const { t, te } = useI18n();
  const { vaccineName, label } = useLabels();

  function reasonText(reason: Reason): string {
    const params = reasonParams(reason);
    if (typeof params.with === 'string') params.with = vaccineName(params.with);
    if (typeof params.observation === 'string') {
      params.observation = label('observation', params.observation);
    }
    const key = `reasons.${reason.code}`;
    return te(key) || te(key, 'zh') ? t(key, params) : reason.code;
  }

  return { reasonText, reasonTexts: (reasons) => reasons.map(reasonText) };
}
