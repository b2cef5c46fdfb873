/** What a warning of a visit says, in the language of the page. */

import { useI18n } from 'vue-i18n';
import { isDenialCode } from '../case/denial.ts';
import { useLabels } from '../catalog/labels.ts';
import { useReasons } from '../forecast/reasons.ts';
import type { Warning } from './visit.ts';

export function useWarningText(): (warning: Warning) => string {
  const { t } = useI18n();
  const { label, vaccineName } = useLabels();
  const { reasonText } = useReasons();

  function about({ code, reason, params }: Warning): string {
    if (reason) return reasonText(reason);
    if (isDenialCode(code)) return t(`denied.${code}`);
    const what = params.code ? label('contraindication', String(params.code)) : '';
    return t(`warning.${code.replace('visit.', '')}`, { ...params, code: what });
  }

  return (warning) => {
    const text = about(warning);
    return warning.vaccine
      ? t('warning.of', { vaccine: vaccineName(warning.vaccine), text })
      : text;
  };
}
