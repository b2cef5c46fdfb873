/**
 * Keyboard first (键盘优先): pages name what a key does, and the topmost layer answers. A dialog puts
 * a modal layer on top, so that the page below does not hear its keys.
 */

import { onBeforeUnmount, onMounted, watch } from 'vue';

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

interface Layer {
  keys: KeyMap;
  modal: boolean;
}

const EDITABLE = new Set(['INPUT', 'TEXTAREA', 'SELECT']);
const KEYLESS_INPUTS = new Set(['radio', 'checkbox', 'button', 'submit']);

/** Whether typing goes into the element, so that plain letters are text and not commands. */
export function isEditable(target: EventTarget | null): boolean {
  if (!target || !('tagName' in target)) return false;
  const element = target as HTMLElement;
  if (element.isContentEditable) return true;
  if (!EDITABLE.has(element.tagName)) return false;
  return !(element.tagName === 'INPUT' && KEYLESS_INPUTS.has((element as HTMLInputElement).type));
}

/** `ctrl+Enter`, `alt+p`, `F2`, `/`: one name for each combination, letters in lower case. */
export function keyName(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? 'ctrl+' : '';
  return `${control}${event.altKey ? 'alt+' : ''}${key}`;
}

/** The layers of one window; the last one is on top. */
export class KeyLayers {
  private layers: Layer[] = [];

  push(keys: KeyMap, modal: boolean): () => void {
    const layer = { keys, modal };
    this.layers.push(layer);
    return () => {
      this.layers = this.layers.filter((one) => one !== layer);
    };
  }

  /** The command for a key, or null. Plain keys are text while something is being typed. */
  find(name: string, editing: boolean): KeyMap[string] | null {
    const plain = name.length === 1;
    if (plain && editing) return null;
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const layer = this.layers[i];
      if (!layer) continue;
      const command = layer.keys[name];
      if (command) return command;
      if (layer.modal) return null;
    }
    return null;
  }
}

const layers = new KeyLayers();
let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const command = layers.find(keyName(event), isEditable(event.target));
    if (!command) return;
    event.preventDefault();
    command(event);
  });
}

/** While the component stands on the page, these keys are its commands. */
export function useKeys(keys: KeyMap, options: { modal?: boolean } = {}): void {
  let remove: (() => void) | undefined;
  onMounted(() => {
    listen();
    remove = layers.push(keys, options.modal ?? false);
  });
  onBeforeUnmount(() => remove?.());
}

/** While a dialog is open, the page below hears none of its keys. */
export function useModalKeys(open: () => boolean, keys: KeyMap = {}): void {
  let remove: (() => void) | undefined;
  // The key that closes a dialog is still the dialog's: the page below must not hear it as well.
  const removeSoon = () => {
    if (remove) setTimeout(remove);
  };
  watch(
    open,
    (now) => {
      removeSoon();
      listen();
      remove = now ? layers.push(keys, true) : undefined;
    },
    { immediate: true },
  );
  onBeforeUnmount(removeSoon);
}
