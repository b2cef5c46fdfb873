/** Whether the browser believes that it has a network. The server may still be out of reach. */

import { type Ref, ref } from 'vue';

const online = ref(navigator.onLine);
window.addEventListener('online', () => {
  online.value = true;
});
window.addEventListener('offline', () => {
  online.value = false;
});

export function useOnline(): Readonly<Ref<boolean>> {
  return online;
}
