/** Asks before what cannot simply be taken back (确认): one question at a time, over any page. */
import { shallowRef } from 'vue';

export interface Question {
  title: string;
  /** What follows from a yes, to whom. */
  text: string;
  /** The word on the button that says yes: what is done, not "OK". */
  yes: string;
  danger?: boolean;
}

interface Asked extends Question {
  answer: (yes: boolean) => void;
}

/** The question that stands on the page; for `ConfirmDialog`. */
export const asked = shallowRef<Asked | null>(null);

/** Resolves with the person's answer; closing the question says no. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer(yes) {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}
