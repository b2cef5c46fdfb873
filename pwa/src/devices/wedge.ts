/**
 * A reader that types (键盘口读卡器): it sends track 2 as keys, `;` digits `?` and often Enter, far
 * faster than a hand. This tells its keys from a person's, wherever the cursor is.
 *
 * Between keys of a reader pass less than {@link MAX_GAP_MS}; a card's sentinels make it certain.
 * A barcode scanner sends digits and Enter without sentinels; that is only taken as a card while
 * nobody types in a field.
 */

/** Longest pause between two keys of a reader, in ms. */
export const MAX_GAP_MS = 30;
/** Shortest and longest run of digits that is a card's or a child's number. */
export const MIN_DIGITS = 6;
export const MAX_DIGITS = 37;

export type WedgeErrorCode =
  | 'card.no_data'
  | 'card.no_end'
  | 'card.bad_character'
  | 'card.too_long';

export type WedgeResult =
  /** Not a reader's key: the page may have it. */
  | { kind: 'pass' }
  /** A reader's key, or perhaps one: the page must not have it. */
  | { kind: 'swallow' }
  /** A whole card; the number is digits alone. */
  | { kind: 'card'; number: string }
  /** A card that was read wrongly. */
  | { kind: 'error'; code: WedgeErrorCode }
  /** The start sentinel was typed by a person after all: give it back, then this key. */
  | { kind: 'giveBack'; text: string };

export interface WedgeKey {
  /** `KeyboardEvent.key`. Under a Chinese input method it is `Process`, and `code` tells. */
  key: string;
  code: string;
  shiftKey: boolean;
  /** `KeyboardEvent.timeStamp`, ms. */
  time: number;
  /** Typing goes into a field. */
  editing: boolean;
}

/** The character of a key, also where an input method hides it. */
export function character(key: Pick<WedgeKey, 'key' | 'code' | 'shiftKey'>): string {
  if (key.key !== 'Process' && key.key !== 'Unidentified') return key.key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(key.code);
  if (digit?.[1] !== undefined && !key.shiftKey) return digit[1];
  if (key.code === 'Semicolon') return ';';
  if (key.code === 'Slash' && key.shiftKey) return '?';
  if (key.code === 'Equal') return '=';
  if (key.code === 'Enter' || key.code === 'NumpadEnter') return 'Enter';
  return '';
}

/** The card's number on track 2: the digits before a separator. */
export function cardNumber(track: string): { number: string } | { code: WedgeErrorCode } {
  const number = track.split('=', 1)[0] ?? '';
  if (!/^\d*$/.test(number)) return { code: 'card.bad_character' };
  if (number.length > MAX_DIGITS) return { code: 'card.too_long' };
  if (number.length < MIN_DIGITS) return { code: 'card.no_data' };
  return { number };
}

/** Takes key after key. Holds no timer: a caller that hears nothing more calls {@link idle}. */
export class WedgeReader {
  private mode: 'none' | 'track' | 'digits' | 'after' = 'none';
  private text = '';
  private last = Number.NEGATIVE_INFINITY;

  /** Decides about one key that was pressed. */
  key(event: WedgeKey): WedgeResult {
    const char = character(event);
    if (char === 'Shift') return { kind: 'pass' };
    const fast = event.time - this.last <= MAX_GAP_MS;
    const before = this.mode;
    const held = this.text;
    if (!fast) this.reset();
    this.last = event.time;

    if (before === 'track' && !fast) {
      // A card that stopped in the middle is an error; a lone `;` was a person's.
      if (held.length > 1) return this.begin(event, char, { kind: 'error', code: 'card.no_end' });
      this.begin(event, char, { kind: 'pass' });
      return { kind: 'giveBack', text: ';' };
    }
    if (this.mode === 'track') return this.inTrack(char);
    if (this.mode === 'after') {
      // The Enter after the end sentinel belongs to the reader.
      this.reset();
      if (char === 'Enter') return { kind: 'swallow' };
    }
    if (this.mode === 'digits' && char === 'Enter' && !event.editing) {
      const run = this.text;
      this.reset();
      const read = cardNumber(run);
      return 'number' in read ? { kind: 'card', number: read.number } : { kind: 'pass' };
    }
    return this.begin(event, char, { kind: 'pass' });
  }

  /** Nothing came for a while: what a half-read card or a lone `;` amounts to. */
  idle(): WedgeResult {
    const { mode, text } = this;
    this.reset();
    if (mode !== 'track') return { kind: 'pass' };
    return text.length > 1
      ? { kind: 'error', code: 'card.no_end' }
      : { kind: 'giveBack', text: ';' };
  }

  /** Whether a caller should set a timer to call {@link idle}. */
  get waiting(): boolean {
    return this.mode === 'track';
  }

  private inTrack(char: string): WedgeResult {
    if (char === '?') {
      const track = this.text.slice(1);
      this.mode = 'after';
      this.text = '';
      const read = cardNumber(track);
      return 'number' in read
        ? { kind: 'card', number: read.number }
        : { kind: 'error', code: read.code };
    }
    if (char === 'Enter') {
      this.reset();
      return { kind: 'error', code: 'card.no_end' };
    }
    this.text += char.length === 1 ? char : '*';
    return { kind: 'swallow' };
  }

  private begin(event: WedgeKey, char: string, otherwise: WedgeResult): WedgeResult {
    if (char === ';') {
      this.mode = 'track';
      this.text = ';';
      return otherwise.kind === 'pass' ? { kind: 'swallow' } : otherwise;
    }
    if (/^\d$/.test(char) && !event.editing) {
      this.text = this.mode === 'digits' ? this.text + char : char;
      this.mode = 'digits';
    } else {
      this.mode = 'none';
      this.text = '';
    }
    return otherwise;
  }

  private reset(): void {
    this.mode = 'none';
    this.text = '';
  }
}

export interface WedgeHandlers {
  card(number: string): void;
  error(code: WedgeErrorCode): void;
}

/** Puts text where the cursor is, as if it had been typed. */
function typeText(target: EventTarget | null, text: string): void {
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    const start = target.selectionStart ?? target.value.length;
    target.setRangeText(text, start, target.selectionEnd ?? start, 'end');
    target.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

/** Listens on the window ahead of everything else. Returns what stops it. */
export function attachWedge(
  handlers: WedgeHandlers,
  editable: (target: EventTarget | null) => boolean,
): () => void {
  const reader = new WedgeReader();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function act(result: WedgeResult, target: EventTarget | null): boolean {
    if (result.kind === 'card') handlers.card(result.number);
    else if (result.kind === 'error') handlers.error(result.code);
    else if (result.kind === 'giveBack') typeText(target, result.text);
    return result.kind === 'swallow' || result.kind === 'card' || result.kind === 'error';
  }

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    clearTimeout(timer);
    const result = reader.key({
      key: event.key,
      code: event.code,
      shiftKey: event.shiftKey,
      time: event.timeStamp,
      editing: editable(event.target),
    });
    if (act(result, event.target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (reader.waiting) timer = setTimeout(() => act(reader.idle(), event.target), MAX_GAP_MS * 4);
  }

  window.addEventListener('keydown', onKey, { capture: true });
  return () => {
    clearTimeout(timer);
    window.removeEventListener('keydown', onKey, { capture: true });
  };
}
