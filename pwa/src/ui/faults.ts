/** What went wrong, in words: what happened, and what to do. */

import { useI18n } from 'vue-i18n';
import { Fault } from '../storage/fault.ts';

export interface FaultText {
  what: string;
  todo: string;
}

/** Turns anything that was thrown into words. What is not a fault of ours is said to be unexpected. */
export function useFaults(): { words(error: unknown): FaultText } {
  const { t } = useI18n();
  return {
    words(error) {
      const fault = error instanceof Fault ? error : null;
      if (!fault) console.error(error);
      const code = fault?.code ?? 'Unexpected';
      const params: Record<string, string | number> = { ...fault?.params };
      if (typeof params.field === 'string') params.field = t(`field.${params.field}`);
      return { what: t(`fault.${code}.what`, params), todo: t(`fault.${code}.do`, params) };
    },
  };
}
