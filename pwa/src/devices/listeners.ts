/** Who hears of what a person does at the devices of this PC. */

import type { BothLanguages, BridgeEvent, IdCard } from './generated.ts';
import { cardNumber } from './wedge';

type ReadErrorListener = (code: string, message: BothLanguages | null) => void;

/** Each returns what ends the listening. */
export interface Listening {
  onCard(listener: (number: string) => void): () => void;
  /** Hears of a card that was not read, and of keys on the pad that are no password. */
  onReadError(listener: ReadErrorListener): () => void;
  onPin(listener: (digits: string) => void): () => void;
  /** Hears of an ID card that was laid on its reader. */
  onIdCard(listener: (card: IdCard) => void): () => void;
  /** Hears of a code that a scanner at a serial line read. */
  onScan(listener: (code: string) => void): () => void;
  /** Hears of a key of the evaluator, 1 to 5, and when it was pressed. */
  onRating(listener: (score: number, at: string) => void): () => void;
}

/** The way to listen, and to tell all who listen of an event. */
export function createListeners(): { listening: Listening; tell: (event: BridgeEvent) => void } {
  const cards = createGroup<[number: string]>();
  const errors = createGroup<Parameters<ReadErrorListener>>();
  const pins = createGroup<[digits: string]>();
  const idCards = createGroup<[card: IdCard]>();
  const scans = createGroup<[code: string]>();
  const ratings = createGroup<[score: number, at: string]>();

  function tell(event: BridgeEvent): void {
    switch (event.type) {
      case 'card': {
        const read = cardNumber(event.track2);
        if ('number' in read) cards.tell(read.number);
        else errors.tell(read.code, null);
        break;
      }
      case 'card_error':
      case 'pin_error':
        errors.tell(event.code, event.message);
        break;
      case 'id_card':
        idCards.tell(event);
        break;
      case 'scan':
        scans.tell(event.code);
        break;
      case 'rating':
        ratings.tell(event.score, event.at);
        break;
      case 'pin':
        pins.tell(event.digits);
        break;
      default:
        break;
    }
  }

  const listening = {
    onCard: cards.listen,
    onReadError: errors.listen,
    onPin: pins.listen,
    onIdCard: idCards.listen,
    onScan: scans.listen,
    onRating: ratings.listen,
  };
  return { listening, tell };
}

/** Those who listen to one kind of event. */
function createGroup<Told extends unknown[]>() {
  const listeners = new Set<(...told: Told) => void>();
  return {
    listen(listener: (...told: Told) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(...told: Told): void {
      for (const listener of listeners) listener(...told);
    },
  };
}
