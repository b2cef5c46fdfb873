/** Prints a form: through the device bridge when it is there, else with the browser's own print. */

import { ElMessage } from 'element-plus';
import { shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useBridge } from '../devices/bridge';
import { BridgeError } from '../devices/bridge-client';
import type { CertificateForm, NoticeForm } from './forms';

export type Sheet =
  | { template: 'notice'; data: NoticeForm }
  | { template: 'certificate-page'; data: CertificateForm };

/** What the browser is to print; `PrintSheet.vue` shows it on paper alone. */
export const sheet = shallowRef<Sheet | null>(null);

export function usePrint(): { print(what: Sheet): Promise<'bridge' | 'browser' | 'failed'> } {
  const { t, locale } = useI18n();
  const bridge = useBridge();

  async function byBridge(what: Sheet): Promise<'bridge' | 'failed'> {
    const lang = locale.value === 'en' ? 'en' : 'zh';
    try {
      const job = await bridge.print(what.template, what.data, lang);
      if (job.state === 'failed') {
        ElMessage({
          type: 'error',
          message: t('print.failed', { why: job.message }),
          duration: 8000,
        });
        return 'failed';
      }
      ElMessage({
        type: 'success',
        message: t(job.state === 'done' ? 'print.done' : 'print.queued'),
      });
      return 'bridge';
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const why = error.text?.[lang] ?? error.code;
      ElMessage({ type: 'error', message: t('print.failed', { why }), duration: 8000 });
      return 'failed';
    }
  }

  return {
    async print(what) {
      if (bridge.state.value === 'connected') return byBridge(what);
      sheet.value = what;
      return 'browser';
    },
  };
}
