/** Denials in words, for pages (被拒记录). */
import { type ComputedRef, computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { readDenial } from '../case/denial.ts';
import type { Problem } from '../models/generated.ts';
import type { RefusedEntry } from '../sync/types.ts';
import { childrenVersion, documentsVersion, workspace } from '../workspace/workspace.ts';
import { type RefusedAbove, refusedAbove } from './above.ts';
import { causeOf, codeOf } from './explain.ts';

export interface UseDenials {
  /** What is refused: a kind of record or a field of the card; for other documents their type. */
  subject(entry: RefusedEntry): string;
  /** Why, and what to do. */
  why(entry: Pick<RefusedEntry, 'reason'>): string;
  /** The server's own word, for the administrator: a sentence where this program knows the code. */
  said(entry: Pick<RefusedEntry, 'reason'>): string;
}

export function useDenials(): UseDenials {
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
    said: ({ reason }) => {
      const code = codeOf(reason);
      return code === null ? reason : `${t(`denied.${code}`)} ${readDenial(reason)?.part}`;
    },
  };
}

/** What the server above refuses of this clinic. */
export function useRefusedAbove(): ComputedRef<RefusedAbove[]> {
  return computed(() => {
    void documentsVersion.value;
    void childrenVersion.value;
    const open = workspace.value;
    if (!open) return [];
    return refusedAbove(
      open.documents.all<Problem & { _id: string }>('problem:'),
      (id) => open.index.row(id)?.name ?? null,
    );
  });
}
