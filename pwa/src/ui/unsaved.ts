/** Whether somebody is in the middle of typing something that a reload would lose, in any tab. */

import { computed, onBeforeUnmount, reactive, watch, watchEffect } from 'vue';
import { t } from '../i18n/index.ts';
import { confirm } from './confirm.ts';

/** Held, shared, by each tab with unsaved input; alone by the one that reloads all. */
const LOCK = 'miaopu-unsaved';

const dirty = reactive(new Set<symbol>());

export const hasUnsavedInput = computed(() => dirty.size > 0);

window.addEventListener('beforeunload', (event) => {
  if (dirty.size > 0) event.preventDefault();
});

let release: (() => void) | null = null;
watch(hasUnsavedInput, (now) => {
  if (!now) {
    release?.();
    release = null;
    return;
  }
  const ended = new Promise<void>((resolve) => {
    release = resolve;
  });
  // It ends with the tab at the latest.
  void navigator.locks?.request(LOCK, { mode: 'shared' }, () => ended);
});

/** Runs `work`, which reloads every tab, unless another one holds unsaved input: then false. */
export async function whenAllSaved(work: () => Promise<void>): Promise<boolean> {
  if (!navigator.locks) {
    await work();
    return true;
  }
  return navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

/** Asks whether what was typed may be thrown away (放弃未保存的内容). */
export async function mayDiscard(): Promise<boolean> {
  const yes = await confirm({
    title: t('common.discard'),
    text: t('common.discardText'),
    yes: t('common.discardYes'),
    danger: true,
  });
  if (yes) discard();
  return yes;
}

/** A person has said that what was typed is not wanted: nobody asks again. */
export function discard(): void {
  dirty.clear();
}

/** While `isDirty` says so and the component stands, the program does not reload by itself. */
export function useUnsaved(isDirty: () => boolean): void {
  const key = Symbol('unsaved');
  watchEffect(() => {
    if (isDirty()) dirty.add(key);
    else dirty.delete(key);
  });
  onBeforeUnmount(() => dirty.delete(key));
}
