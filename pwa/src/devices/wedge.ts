/**
 * A reader that types (键盘口读卡器、扫码枪): a card reader sends its tracks as keys, `;` digits `?` and
 * often Enter; a scanner sends a code and Enter. Both type far faster than a hand. This tells their
 * keys from a person's, wherever the cursor is, so that no stream of a machine is ever taken for a
 * person's words or commands.
 *
 * Keys of a machine follow each other within {@link MAX_GAP_MS}. Outside of fields every sign is
 * held for that long, and given back when it was a person's after all; within a field digits go
 * into it, and are taken out again when they turn out to be a card's.
 */

import type { CardCode } from './generated.ts';

/** Longest pause between two keys of a reader, in ms; slow ones take 35, a quick hand 80. */
export const MAX_GAP_MS = 60;
/** Shortest and longest run of digits that is a card's or a child's number. */
export const MIN_DIGITS = 6;
export const MAX_DIGITS = 37;
/** So many keys within the gap may still be a hand that rolls over the keyboard. */
const MOST_ROLLED = 3;
/** A code of that length without sentinels is a 药品追溯码; no card has one. */
const TRACE_CODE = /^\d{20}$/;
/** Fields with this attribute are for what a scanner types: a bare code stays in them. */
const TAKES_SCANS = '[data-scan]';

/** What keys amount to. */
export type Outcome =
  /** A whole card; the number is digits alone. */
  | { kind: 'card'; number: string }
  /** The trace code of a vaccine's box (药品追溯码). */
  | { kind: 'trace'; code: string }
  /** A machine sent something that is no card, or read one wrongly. */
  | { kind: 'error'; code: CardCode }
  /** A person typed them after all, and the page has not had them yet. */
  | { kind: 'typed'; text: string };

/** What a machine sent. */
type Heard = Exclude<Outcome, { kind: 'typed' }>;

export interface Verdict {
  /** The page must not have this key: it is a reader's, or perhaps one. */
  swallow: boolean;
  outcomes: Outcome[];
}

export interface WedgeKey {
  /** `KeyboardEvent.key`. Under a Chinese input method it is `Process`, and `code` tells. */
  key: string;
  code: string;
  shiftKey: boolean;
  /** `KeyboardEvent.timeStamp`, ms. */
  time: number;
  /** Typing goes into a field. */
  editing: boolean;
  /** The field is for what a scanner types. */
  scans?: boolean;
  /** The key is held down. */
  repeat?: boolean;
}

const HIDDEN = new Set(['Process', 'Unidentified']);
const SHIFTED: Record<string, string> = { Slash: '?', Digit5: '%', Equal: '+' };
const PLAIN: Record<string, string> = {
  Semicolon: ';',
  Equal: '=',
  NumpadAdd: '+',
  Enter: 'Enter',
  NumpadEnter: 'Enter',
};

/** The character of a key, also where an input method hides it or makes it full-width (全角). */
export function character(key: Pick<WedgeKey, 'key' | 'code' | 'shiftKey'>): string {
  if (!HIDDEN.has(key.key)) return halfWidth(key.key);
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(key.code);
  if (digit?.[1] !== undefined && !key.shiftKey) return digit[1];
  return (key.shiftKey ? SHIFTED[key.code] : PLAIN[key.code]) ?? '';
}

/** `；１２？` as `;12?`. */
function halfWidth(char: string): string {
  const point = char.length === 1 ? char.charCodeAt(0) : 0;
  return point >= 0xff01 && point <= 0xff5e ? String.fromCharCode(point - 0xfee0) : char;
}

/** The card's number on track 2: the digits before a separator. */
export function cardNumber(track: string): { number: string } | { code: CardCode } {
  const number = track.split('=', 1)[0] ?? '';
  if (!/^\d*$/.test(number)) return { code: 'card.bad_character' };
  if (number.length > MAX_DIGITS) return { code: 'card.too_long' };
  if (number.length === 0) return { code: 'card.no_data' };
  if (number.length < MIN_DIGITS) return { code: 'card.too_short' };
  return { number };
}

function cardOf(track: string): Heard {
  const read = cardNumber(track);
  return 'number' in read
    ? { kind: 'card', number: read.number }
    : { kind: 'error', code: read.code };
}

function codeOf(run: string): Heard {
  return TRACE_CODE.test(run) ? { kind: 'trace', code: run } : cardOf(run);
}

const pass = (outcomes: Outcome[] = []): Verdict => ({ swallow: false, outcomes });
const swallow = (...outcomes: Outcome[]): Verdict => ({ swallow: true, outcomes });

type Mode =
  | 'none'
  /** In track 1, from `%` to `?`. */
  | 'first'
  /** Behind track 1, where track 2 must begin. */
  | 'between'
  /** In track 2, from `;` to `?`. */
  | 'second'
  /** Signs without a sentinel before them. */
  | 'run'
  /** Something was made of it; what follows at once is the same machine's: Enter, an LRC. */
  | 'after'
  /** In a track that follows track 2. */
  | 'third';

/** Takes key after key. Holds no timer: a caller that hears nothing more calls {@link idle}. */
export class WedgeReader {
  private mode: Mode = 'none';
  private text = '';
  private held = false;
  /** The card ended with Enter. */
  private entered = false;
  private last = Number.NEGATIVE_INFINITY;

  /** Decides about one key that was pressed. */
  key(event: WedgeKey): Verdict {
    const char = character(event);
    if (char === 'Shift') return pass();
    let before: Outcome[] = [];
    if (!this.follows(event.time)) {
      before = this.end();
      this.reset();
    }
    this.last = event.time;
    if (event.repeat) return pass([...before, ...this.end()]);
    const { swallow, outcomes } = this.take(char, event);
    if (char === 'Enter') this.entered = this.mode === 'after';
    return { swallow, outcomes: [...before, ...outcomes] };
  }

  /** Nothing came for a while: what the keys until now amount to. */
  idle(): Outcome[] {
    return this.end();
  }

  /** Whether a key at that time would go on with what was begun. */
  follows(time: number): boolean {
    return this.mode !== 'none' && time - this.last <= MAX_GAP_MS;
  }

  /** Whether a caller should set a timer to call {@link idle}. */
  get waiting(): boolean {
    return this.mode !== 'none' && this.mode !== 'after';
  }

  private take(char: string, event: WedgeKey): Verdict {
    const ends = char === 'Enter' || char === 'Tab';
    switch (this.mode) {
      case 'first':
      case 'second':
      case 'third':
        return this.inside(char, ends);
      case 'between':
        if (char === ';') this.begin('second', char);
        else if (ends) return this.done({ kind: 'error', code: 'card.no_start' });
        return swallow();
      case 'after':
        // Behind Enter another card begins, however soon; before it, another track of the same one.
        if (this.entered && !ends && char.length === 1 && char !== '+') {
          this.reset();
          return this.outside(char, ends, event);
        }
        if (char === '+' || char === ';' || char === '%') this.begin('third', char);
        if (ends || char.length <= 1) return swallow();
        this.reset();
        return pass();
      default:
        return this.outside(char, ends, event);
    }
  }

  private inside(char: string, ends: boolean): Verdict {
    if (ends) {
      if (this.mode === 'third') return this.done();
      return this.done({ kind: 'error', code: 'card.no_end' });
    }
    if (char !== '?') {
      this.text += char.length === 1 ? char : '*';
      return swallow();
    }
    if (this.mode === 'second') return this.done(cardOf(this.text.slice(1)));
    if (this.mode === 'third') return this.done();
    this.begin('between', '');
    return swallow();
  }

  private outside(char: string, ends: boolean, event: WedgeKey): Verdict {
    if (char === ';' || char === '%') {
      const before = this.end();
      this.begin(char === ';' ? 'second' : 'first', char);
      return swallow(...before);
    }
    // The space bar presses the button that has the focus: it is never given back as well.
    if (char.length === 1 && char !== ' ') {
      if (event.scans) return pass(this.end());
      if (this.mode === 'run') this.text += char;
      else this.begin('run', char);
      this.held = !event.editing;
      return { swallow: this.held, outcomes: [] };
    }
    if (ends && this.mode === 'run' && this.text.length >= MIN_DIGITS) {
      if (/^\d+$/.test(this.text)) return this.done(codeOf(this.text));
    }
    if (ends && this.held && this.text.length > MOST_ROLLED) {
      return this.done({ kind: 'error', code: 'card.bad_character' });
    }
    return pass(this.end());
  }

  /** What was begun, now that nothing of it follows. */
  private end(): Outcome[] {
    const { mode, text, held } = this;
    this.reset();
    const rolled = text.length <= MOST_ROLLED;
    switch (mode) {
      case 'first':
      case 'second':
        if (rolled) return [{ kind: 'typed', text }];
        this.mode = 'after';
        return [{ kind: 'error', code: 'card.no_end' }];
      case 'between':
        this.mode = 'after';
        return [{ kind: 'error', code: 'card.no_start' }];
      case 'run':
        if (!held) return [];
        if (rolled) return [{ kind: 'typed', text }];
        this.mode = 'after';
        if (text.length >= MIN_DIGITS && /^\d+$/.test(text)) return [codeOf(text)];
        return [{ kind: 'error', code: 'card.bad_character' }];
      default:
        return [];
    }
  }

  private begin(mode: Mode, text: string): void {
    this.mode = mode;
    this.text = text;
  }

  private done(...outcomes: Outcome[]): Verdict {
    this.reset();
    this.mode = 'after';
    return swallow(...outcomes);
  }

  private reset(): void {
    this.mode = 'none';
    this.text = '';
    this.held = false;
    this.entered = false;
  }
}

export interface WedgeHandlers {
  card(number: string): void;
  trace(code: string): void;
  error(code: CardCode): void;
}

/** Inputs that no text goes into. */
const KEYLESS = new Set(['radio', 'checkbox', 'button', 'submit']);

type Field = HTMLInputElement | HTMLTextAreaElement;

function isField(target: EventTarget | null): target is Field {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}

/** Events that this module made itself, which go on to the page. */
const own = new WeakSet<Event>();

/** Gives keys back: into a field as if they had been typed there, to the page as its commands. */
function giveBack(text: string): void {
  const focused = document.activeElement ?? document.body;
  if (isField(focused) && !KEYLESS.has(focused.type)) {
    const { selectionStart: start, selectionEnd: end } = focused;
    // Fields for numbers have no place of a cursor.
    if (start === null) focused.value += text;
    else focused.setRangeText(text, start, end ?? start, 'end');
    focused.dispatchEvent(new Event('input', { bubbles: true }));
    return;
  }
  for (const key of text) press(focused, key);
}

function press(target: Element, key: string): void {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  own.add(event);
  target.dispatchEvent(event);
}

/** What stood in a field before a reader typed into it. */
class Before {
  private readonly field: Field | null;
  private readonly value: string;

  constructor(target: EventTarget | null) {
    this.field = isField(target) ? target : null;
    this.value = this.field?.value ?? '';
  }

  /** Takes out what the reader typed. */
  restore(): void {
    if (!this.field || this.field.value === this.value) return;
    this.field.value = this.value;
    this.field.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

/** A code that a scanner sent by a serial line: as if the scanner had typed it. */
export function takeScan(code: string, handlers: WedgeHandlers): void {
  const field = document.activeElement;
  if (!field?.closest(TAKES_SCANS)) {
    tell(codeOf(code), handlers);
    return;
  }
  giveBack(code);
  // A scanner ends with Enter, and the page has to have seen the text by then.
  setTimeout(() => press(field, 'Enter'));
}

function tell(outcome: Heard, handlers: WedgeHandlers): void {
  if (outcome.kind === 'card') handlers.card(outcome.number);
  else if (outcome.kind === 'trace') handlers.trace(outcome.code);
  else handlers.error(outcome.code);
}

/** One window's keys, told to its handlers. */
class Listener {
  private readonly reader = new WedgeReader();
  private readonly handlers: WedgeHandlers;
  private readonly editable: (target: EventTarget | null) => boolean;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private before = new Before(null);
  /** The last key did not say what it is (Android): the text that it makes does. */
  private mute = false;
  /** An input method has seen the keys: what it makes of them comes a moment later. */
  private composed = false;

  constructor(handlers: WedgeHandlers, editable: (target: EventTarget | null) => boolean) {
    this.handlers = handlers;
    this.editable = editable;
  }

  readonly onKey = (event: KeyboardEvent): void => {
    if (own.has(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    this.mute = HIDDEN.has(event.key) && event.code === '';
    if (this.mute) return;
    const { key, code, shiftKey, repeat, timeStamp: time } = event;
    this.hear(event, { key, code, shiftKey, repeat, time });
  };

  readonly onText = (event: InputEvent): void => {
    if (!this.mute) return;
    // A composition tells all of its text with each sign; the last one is new.
    const sign = [...(event.data ?? '')].at(-1) ?? '';
    const key = event.inputType === 'insertLineBreak' ? 'Enter' : sign;
    if (key) this.hear(event, { key, code: '', shiftKey: false, time: event.timeStamp });
  };

  stop(): void {
    clearTimeout(this.timer);
  }

  private hear(event: UIEvent, key: Omit<WedgeKey, 'editing'>): void {
    clearTimeout(this.timer);
    const { target } = event;
    const scans = target instanceof Element && target.closest(TAKES_SCANS) !== null;
    if (!this.reader.follows(key.time)) {
      this.before = new Before(target);
      this.composed = false;
    }
    this.composed ||= this.mute || HIDDEN.has(key.key) || key.key > '\uff00';
    const verdict = this.reader.key({ ...key, editing: this.editable(target), scans });
    if (verdict.swallow) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    this.act(verdict.outcomes);
    if (!this.reader.waiting) return;
    this.timer = setTimeout(() => this.act(this.reader.idle()), MAX_GAP_MS + 10);
  }

  private act(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'typed') giveBack(outcome.text);
      else this.settle(outcome);
    }
  }

  private settle(outcome: Heard): void {
    const { before } = this;
    before.restore();
    if (this.composed) setTimeout(() => this.tell(outcome, before), MAX_GAP_MS);
    else this.tell(outcome, before);
  }

  private tell(outcome: Heard, before: Before): void {
    before.restore();
    tell(outcome, this.handlers);
  }
}

/** Listens on the window ahead of everything else. Returns what stops it. */
export function attachWedge(
  handlers: WedgeHandlers,
  editable: (target: EventTarget | null) => boolean,
): () => void {
  const listener = new Listener(handlers, editable);
  window.addEventListener('keydown', listener.onKey, { capture: true });
  window.addEventListener('beforeinput', listener.onText, { capture: true });
  return () => {
    listener.stop();
    window.removeEventListener('keydown', listener.onKey, { capture: true });
    window.removeEventListener('beforeinput', listener.onText, { capture: true });
  };
}
