/** What went wrong, in words: what happened, and what to do. */

import { useI18n } from 'vue-i18n';
import { BridgeError } from '../devices/bridge-client.ts';
import { Fault } from '../storage/fault.ts';

export interface FaultText {
  what: string;
  todo: string;
}

/** Turns anything that was thrown into words. What is not a fault of ours is said to be unexpected. */
export function useFaults(): { words(error: unknown): FaultText } {
  const { t, te, locale } = useI18n();

  /** What a rule said, of which field, and what mends it. */
  function denied(code: string, part: string): FaultText {
    const field = `field.${part.split(/[ .]/).at(-1)}`;
    const why = t(`denied.${code}`);
    return {
      what: te(field) ? t('fault.of', { field: t(field), why }) : why,
      todo: t(te(`mend.${code}`) ? `mend.${code}` : 'fault.Denied.do'),
    };
  }

  /** What a device of the desk said, in the bridge's own words. */
  function device({ code, text }: BridgeError): FaultText {
    const what = text?.[locale.value === 'en' ? 'en' : 'zh'];
    return {
      what:
        what ??
        t(code === 'bridge.unreachable' ? 'bridge.error.unreachable' : 'bridge.error.other', {
          code,
        }),
      todo: '',
    };
  }

  return {
    words(error) {
      if (error instanceof BridgeError) return device(error);
      const fault = error instanceof Fault ? error : null;
      if (!fault) console.error(error);
      const code = fault?.code ?? 'Unexpected';
      if (code === 'Denied') return denied(String(fault?.params.code), String(fault?.params.part));
      const params: Record<string, string | number> = { ...fault?.params };
      if (typeof params.field === 'string') params.field = t(`field.${params.field}`);
      return { what: t(`fault.${code}.what`, params), todo: t(`fault.${code}.do`, params) };
    },
  };
}
