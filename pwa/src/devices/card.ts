/** Cards and codes of every source (bridge, typed by a reader, typed by hand) come together here. */

import { type BothLanguages, CARD_WORDS, type IdCard } from './generated.ts';

export type CardEvent =
  | { kind: 'card'; number: string }
  | { kind: 'error'; code: string; message?: BothLanguages | null };
export type CardListener = (event: CardEvent) => void;
export type TraceListener = (code: string) => void;

const listeners: CardListener[] = [];
const traceListeners: TraceListener[] = [];
const idListeners: ((card: IdCard) => void)[] = [];

function added<T>(list: T[], listener: T): () => void {
  list.push(listener);
  return () => {
    const at = list.lastIndexOf(listener);
    if (at >= 0) list.splice(at, 1);
  };
}

/** Tells the topmost listener: a form that waits for a card comes before the page below it. */
function announce(event: CardEvent): void {
  listeners.at(-1)?.(event);
}

/** A card was read; its number is digits alone. */
export function requestCard(number: string): void {
  announce({ kind: 'card', number });
}

/** A card was read wrongly; `code` is the reader's (`card.no_end`, `card.bad_lrc`, …). */
export function reportCardError(code: string, message: BothLanguages | null = null): void {
  announce({ kind: 'error', code, message });
}

/** What is to be said of a card that was not read; null for a code that nobody has words for. */
export function cardErrorWords(
  event: Extract<CardEvent, { kind: 'error' }>,
  lang: 'zh' | 'en',
): string | null {
  const known = CARD_WORDS as Record<string, BothLanguages>;
  return (event.message ?? known[event.code])?.[lang] ?? null;
}

/** Hears cards until the returned function is called; the last one added hears them alone. */
export function onCard(listener: CardListener): () => void {
  return added(listeners, listener);
}

/** The trace code of a vaccine's box (药品追溯码) was scanned. */
export function reportTrace(code: string): void {
  traceListeners.at(-1)?.(code);
}

/** Hears trace codes until the returned function is called; the last one added hears them alone. */
export function onTrace(listener: TraceListener): () => void {
  return added(traceListeners, listener);
}

/** An ID card (身份证) lay on its reader. */
export function reportIdCard(card: IdCard): void {
  idListeners.at(-1)?.(card);
}

/** Hears ID cards until the returned function is called; the last one added hears them alone. */
export function onIdCard(listener: (card: IdCard) => void): () => void {
  return added(idListeners, listener);
}

let kept: IdCard | null = null;

/** Holds a card for the form that is about to open: never in the address or the browser's history. */
export function keepIdCard(card: IdCard): void {
  kept = card;
}

/** The card that was held, once. */
export function takeIdCard(): IdCard | null {
  const card = kept;
  kept = null;
  return card;
}
