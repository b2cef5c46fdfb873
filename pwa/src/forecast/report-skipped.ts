/** Reports local rules that do not fit (地方规则有误), so that whoever wrote them hears of it. */
import { watch } from 'vue';
import { ulid } from '../ids/ulid.ts';
import { type Workspace, workspace } from '../workspace/workspace.ts';
import { type Skipped, unreported } from './local-rules.ts';
import { useForecast } from './useForecast.ts';

async function report(open: Workspace, skipped: readonly Skipped[]): Promise<void> {
  for (const { id, rev, title, message } of unreported(skipped, open.documents.all('problem:'))) {
    await open.store.put({
      _id: `problem:${ulid()}`,
      type: 'problem',
      document: id,
      revision: rev || '0',
      reason: `${title}: ${message}`.slice(0, 2000),
      ...open.provenance(),
    });
  }
}

let started = false;

/** Starts once; follows whoever is logged in. */
export function reportSkippedRules(): void {
  if (started) return;
  started = true;
  let last: Promise<void> = Promise.resolve();
  watch(
    useForecast().skipped,
    (skipped) => {
      const open = workspace.value;
      if (!open || skipped.length === 0) return;
      last = last.then(() => report(open, skipped)).catch(open.store.report);
    },
    { immediate: true },
  );
}
