/** Whether somebody is in the middle of typing something that a reload would lose. */

import { computed, onBeforeUnmount, reactive, watchEffect } from 'vue';

const dirty = reactive(new Set<symbol>());

export const hasUnsavedInput = computed(() => dirty.size > 0);

window.addEventListener('beforeunload', (event) => {
  if (dirty.size > 0) event.preventDefault();
});

/** While `isDirty` says so and the component stands, the program does not reload by itself. */
export function useUnsaved(isDirty: () => boolean): void {
  const key = Symbol('unsaved');
  watchEffect(() => {
    if (isDirty()) dirty.add(key);
    else dirty.delete(key);
  });
  onBeforeUnmount(() => dirty.delete(key));
}
