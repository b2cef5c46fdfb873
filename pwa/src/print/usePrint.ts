/** Prints a form: through the device bridge when it is there, else with the browser's own print. */

import { ElMessage } from 'element-plus';
import { shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useBridge } from '../devices/bridge';
import { BridgeError } from '../devices/bridge-client';
import type { FieldProblem, PrintJob } from '../devices/generated.ts';
import type { Templates } from './generated.ts';
import { BROWSER, kindOf, printerFor } from './printers';

export type Sheet = {
  [T in keyof Templates]: { template: T; data: Templates[T] };
}[keyof Templates];

/** What the browser is to print; `PrintSheet.vue` shows it on paper alone. */
export const sheet = shallowRef<Sheet | null>(null);

/**
 * `printed`: the printer took it. `saved`: it is in a file, and nothing is on paper. `queued`: the
 * printer has not said yet, which nothing may take for printed.
 */
export type Printed = 'printed' | 'queued' | 'saved' | 'browser' | 'failed';

/** What a job came to, as far as it goes. */
export function printedAs(job: Pick<PrintJob, 'state' | 'paper'>): Printed {
  if (job.state === 'failed') return 'failed';
  if (job.state !== 'done') return 'queued';
  return job.paper ? 'printed' : 'saved';
}

const LONG_MS = 8000;
const ASK_AGAIN_MS = 1000;
/** How long a job is waited for beyond the bridge's own answer: a person lays paper in. */
const PATIENCE_MS = 180_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

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
    const form = t(`print.title.${kindOf(what)}`);
    const said = where ? t('print.where', { why, where }) : why;
    ElMessage({
      type: 'error',
      message: t('print.failed', { form, why: said }),
      duration: LONG_MS,
      showClose: true,
    });
  }

  /** The job at its end, or as it is when patience is over. Throws `BridgeError`. */
  async function ended(job: PrintJob): Promise<PrintJob> {
    let now = job;
    if (printedAs(now) !== 'queued') return now;
    ElMessage({ type: 'info', message: t('print.queued', { printer: job.printer }) });
    const until = Date.now() + PATIENCE_MS;
    while (printedAs(now) === 'queued' && Date.now() < until) {
      await pause(ASK_AGAIN_MS);
      now = await bridge.job(job.id);
    }
    return now;
  }

  async function byBridge(what: Sheet, printer: string | null): Promise<Printed> {
    try {
      const job = await ended(
        await bridge.print({
          template: what.template,
          data: { ...what.data },
          lang: lang(),
          ...(printer && { printer }),
        }),
      );
      const came = printedAs(job);
      if (came === 'failed') failed(what, job.message?.[lang()] ?? job.reason, job.fields);
      else {
        ElMessage({
          type: came === 'printed' ? 'success' : 'warning',
          message: t(`print.${came === 'queued' ? 'unknown' : came}`, { printer: job.printer }),
          duration: came === 'printed' ? 3000 : LONG_MS,
        });
      }
      return came;
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      const fields = (error.more.fields ?? []) as readonly FieldProblem[];
      const words = error.code === 'bridge.unreachable' ? t('print.noBridge') : error.code;
      failed(what, error.text?.[lang()] ?? words, fields);
      return 'failed';
    }
  }

  return {
    async print(what) {
      const printer = printerFor(what);
      if (bridge.state.value === 'connected' && printer !== BROWSER) return byBridge(what, printer);
      if (kindOf(what) === 'booklet') {
        // A browser cannot place text on a page that is printed already.
        failed(what, t('print.noBridge'), []);
        return 'failed';
      }
      sheet.value = what;
      return 'browser';
    },
  };
}
