/** Cards of every source (bridge, typed by a reader, typed by hand) come together here. */

export type CardEvent = { kind: 'card'; number: string } | { kind: 'error'; code: string };
export type CardListener = (event: CardEvent) => void;

const listeners: CardListener[] = [];

/** Tells the topmost listener: a form that waits for a card comes before the page below it. */
function announce(event: CardEvent): void {
  listeners.at(-1)?.(event);
}

/** A card was read; its number is digits alone. */
export function requestCard(number: string): void {
  announce({ kind: 'card', number });
}

/** A card was read wrongly; `code` is the reader's (`card.no_end`, `card.bad_lrc`, …). */
export function reportCardError(code: string): void {
  announce({ kind: 'error', code });
}

/** Hears cards until the returned function is called; the last one added hears them alone. */
export function onCard(listener: CardListener): () => void {
  listeners.push(listener);
  return () => {
    const at = listeners.lastIndexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
  };
}
