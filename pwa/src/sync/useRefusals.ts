/** Refusals in words, for pages (被拒记录). */
import { useI18n } from 'vue-i18n';
import { causeOf } from './explain.ts';
import type { RefusedEntry } from './types.ts';

export interface UseRefusals {
  /** What is refused: a kind of record or a field of the card; for other documents their type. */
  subject(entry: RefusedEntry): string;
  /** Why, and what to do. */
  why(entry: RefusedEntry): string;
}

export function useRefusals(): UseRefusals {
  const { t, te } = useI18n();
  return {
    subject({ id, part, subject }) {
      const type = id.slice(0, id.indexOf(':'));
      const key =
        subject === null
          ? `sync.type.${type}`
          : `${part?.startsWith('fact ') ? 'field' : 'kind'}.${subject}`;
      return te(key) ? t(key) : (subject ?? type);
    },
    why: ({ reason }) => t(`sync.why.${causeOf(reason)}`),
  };
}
