/** Prints a form: through the device bridge when it is there, else with the browser's own print. */

import { ElMessage } from 'element-plus';
import { shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useBridge } from '../devices/bridge';
import { BridgeError } from '../devices/bridge-client';
import type { FieldProblem, PrintJob } from '../devices/generated.ts';
import type { Templates } from './generated.ts';
import { BROWSER, printerFor } from './printers';

type Printable = 'notice' | 'certificate-page';
export type Sheet = { [T in Printable]: { template: T; data: Templates[T] } }[Printable];

/** What the browser is to print; `PrintSheet.vue` shows it on paper alone. */
export const sheet = shallowRef<Sheet | null>(null);

/** `saved`: it is in a file, and nothing is on paper. */
export type Printed = 'printed' | 'queued' | 'saved' | 'browser' | 'failed';

/** What a job came to, as far as it goes. */
export function printedAs(job: Pick<PrintJob, 'state' | 'paper'>): Printed {
  if (job.state === 'failed') return 'failed';
  if (job.state !== 'done') return 'queued';
  return job.paper ? 'printed' : 'saved';
}

const LONG_MS = 8000;

export function usePrint(): { print(what: Sheet): Promise<Printed> } {
  const { t, te, locale } = useI18n();
  const bridge = useBridge();
  const lang = () => (locale.value === 'en' ? 'en' : 'zh');

  /** `data.rows.2.lot` as words: 第 3 行 批号. Never what stands there. */
  function place(field: string): string {
    const parts = field.replace(/^data\./, '').split('.');
    const row = parts.find((part) => /^\d+$/.test(part));
    const key = `print.field.${parts.at(-1)}`;
    const name = te(key) ? t(key) : (parts.at(-1) ?? '');
    return row === undefined ? name : t('print.row', { row: Number(row) + 1, name });
  }

  function failed(what: Sheet, why: string, fields: readonly FieldProblem[]): void {
    const where = [...new Set(fields.map(({ field }) => place(field)))].join('、');
    const form = t(`print.title.${what.template}`);
    const said = where ? t('print.where', { why, where }) : why;
    ElMessage({
      type: 'error',
      message: t('print.failed', { form, why: said }),
      duration: LONG_MS,
    });
  }

  async function byBridge(what: Sheet, printer: string | null): Promise<Printed> {
    try {
      const job = await bridge.print({
        template: what.template,
        data: { ...what.data },
        lang: lang(),
        ...(printer && { printer }),
      });
      const came = printedAs(job);
      if (came === 'failed') failed(what, job.message?.[lang()] ?? job.reason, job.fields);
      else {
        ElMessage({
          type: came === 'saved' ? 'warning' : 'success',
          message: t(`print.${came}`, { printer: job.printer }),
          duration: came === 'saved' ? LONG_MS : 3000,
        });
      }
      return came;
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const fields = (error.more.fields ?? []) as readonly FieldProblem[];
      failed(what, error.text?.[lang()] ?? error.code, fields);
      return 'failed';
    }
  }

  return {
    async print(what) {
      const printer = printerFor(what);
      if (bridge.state.value === 'connected' && printer !== BROWSER) return byBridge(what, printer);
      sheet.value = what;
      return 'browser';
    },
  };
}
