/** Whether there is a network, and whether the server answers. */

import { onBeforeUnmount, type Ref, ref, watch } from 'vue';
import { createServer, SyncFault } from '../sync/server.ts';

const ASK_EVERY_MS = 5000;

const online = ref(navigator.onLine);
window.addEventListener('online', () => {
  online.value = true;
});
window.addEventListener('offline', () => {
  online.value = false;
});

/** Whether the browser believes that it has a network. The server may still be out of reach. */
export function useOnline(): Readonly<Ref<boolean>> {
  return online;
}

/** Whether the server answers: asked at once, and again every few seconds while the page is shown. */
export function useServerThere(): Readonly<Ref<boolean>> {
  const there = ref(online.value);
  const server = createServer();
  const end = new AbortController();

  async function ask(): Promise<void> {
    try {
      await server.json('/api/time', { signal: end.signal, silence: ASK_EVERY_MS });
      there.value = true;
    } catch (error) {
      // A server that answers badly is there; whoever logs in hears of it.
      there.value = error instanceof SyncFault && error.kind !== 'connectivity';
    }
  }

  const timer = setInterval(() => void ask(), ASK_EVERY_MS);
  watch(online, () => void ask(), { immediate: true });
  onBeforeUnmount(() => {
    clearInterval(timer);
    end.abort();
  });
  return there;
}
