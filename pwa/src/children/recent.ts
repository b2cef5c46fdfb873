/** The children who were looked at last on this device, in this session: random ids alone. */

import { ref } from 'vue';

const MOST = 12;
const ids = ref<string[]>([]);

/** The list with one id moved to its front. */
export function withFirst(list: readonly string[], id: string, most = MOST): string[] {
  return [id, ...list.filter((one) => one !== id)].slice(0, most);
}

export function remember(id: string): void {
  ids.value = withFirst(ids.value, id);
}

export function useRecent(): { ids: typeof ids } {
  return { ids };
}
