/** What the server says of a proposal, asked while it is written (试算). */

import { onScopeDispose, type Ref, ref, watch } from 'vue';
import { useClock } from '../clock/useClock';
import type { Problem } from '../schedule/index.ts';
import { SyncFault } from '../sync/server';
import type { Proposal } from './programme';
import type { Preview, RuleStore } from './rule-data';

const PAUSE_MS = 500;

export interface Previewed {
  /** The answer for the proposal as it stands; null while there is none. */
  preview: Ref<Preview | null>;
  /** Why there is no answer. */
  fault: Ref<SyncFault | null>;
  busy: Ref<boolean>;
  again(): void;
}

/** Asks half a second after the last change. An answer to an older proposal is dropped. */
export function usePreview(store: RuleStore, proposal: Ref<Proposal | null>): Previewed {
  const { today } = useClock();
  const preview = ref<Preview | null>(null);
  const fault = ref<SyncFault | null>(null);
  const busy = ref(false);
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function ask(asked: Proposal): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    fault.value = null;
    try {
      const found = await store.preview(asked, today());
      if (mine === turn) preview.value = found;
    } catch (error) {
      if (!(error instanceof SyncFault)) throw error;
      if (mine === turn) fault.value = error;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }

  /** The moment of writing is no change of the rule. */
  const said = (one: Proposal | null): string =>
    JSON.stringify(one, (name, value) => (name === 'updated_at' ? undefined : value));

  function later(): void {
    clearTimeout(timer);
    turn++;
    preview.value = null;
    fault.value = null;
    busy.value = proposal.value !== null;
    const asked = proposal.value;
    if (asked) timer = setTimeout(() => void ask(asked), PAUSE_MS);
  }

  watch(() => said(proposal.value), later, { immediate: true });
  onScopeDispose(() => {
    clearTimeout(timer);
    turn++;
  });
  return { preview, fault, busy, again: later };
}

/** Each problem once: series of other birth years break by the same dose. Errors come first. */
export function once(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, params }) => {
    const { antigen, dose, series: _, ...others } = params;
    const key = JSON.stringify([code, antigen, dose, antigen === undefined ? others : null]);
    return !seen.has(key) && seen.add(key);
  });
}
