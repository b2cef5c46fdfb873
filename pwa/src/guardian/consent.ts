/** What a guardian's decision on today's set is recorded as (知情同意). Pure. */

import type { NewEvent } from '../case/document.ts';
import { priceOn } from '../case/visit.ts';
import type { Price, Settings } from '../models/generated.ts';

export interface Agreed {
  relation: string;
  method: 'signature' | 'pin' | 'spoken';
  /** A signature on glass; empty: on paper, or none. */
  strokes: string;
}

/** Of which vaccines a form is signed: each that is no programme vaccine, or all (知情同意书). */
export function needsForm(
  vaccine: string,
  policy: Settings['consent'],
  isProgramme: (vaccine: string) => boolean,
): boolean {
  return policy === 'every-visit' || !isProgramme(vaccine);
}

/** The events of a decision: one for each form, and one for what needs none. */
export function consentEvents(
  vaccines: readonly string[],
  decided: Agreed & { agreed: boolean },
  now: { date: string; instant: string },
  forms: { needed: (vaccine: string) => boolean; version: (vaccine: string) => string },
): NewEvent<'consent'>[] {
  const { relation, method, agreed, strokes } = decided;
  const made = (all: string[], form: string | null): NewEvent<'consent'> => ({
    kind: 'consent',
    date: now.date,
    vaccines: all,
    agreed,
    informed: { relation, method, at: now.instant },
    ...(form && { form: { code: form, version: forms.version(form) } }),
    ...(method === 'signature' && strokes && { strokes }),
  });
  const plain = vaccines.filter((one) => !forms.needed(one));
  const withForm = vaccines.filter(forms.needed).map((one) => made([one], one));
  return plain.length > 0 ? [made(plain, null), ...withForm] : withForm;
}

/** What a vaccine costs on a day; null where it is free. */
export const priceOf = (prices: readonly Price[], vaccine: string, day: string): number | null =>
  priceOn(prices, vaccine, day) || null;
