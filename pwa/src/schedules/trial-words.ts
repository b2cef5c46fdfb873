/** What a trial shows of a child, in words. */

import { useI18n } from 'vue-i18n';
import { useLabels } from '../catalog/labels';
import type { Proposal } from './programme';
import type { Shown, TrialRow } from './trial';

export function useTrialWords(proposal: () => Proposal): {
  groupTitle(group: string): string;
  /** One side of a row; with the vaccines where they are others on the other side. */
  shown(shown: Shown | null, row: TrialRow): string;
} {
  const { t } = useI18n();
  const { groupName, vaccineName } = useLabels();
  return {
    /** A campaign is a group of its own, which no schedule names yet. */
    groupTitle(group) {
      const now = proposal();
      if (now.type === 'schedule') return groupName(group);
      const { layer, title } = now;
      return layer.kind === 'campaign' && layer.name === group ? title : groupName(group);
    },
    shown(one, { before, after }) {
      if (!one) return t('common.none');
      if (one.status !== 'notComplete') return t(`status.${one.status}`);
      const { target, earliest, recommended } = one;
      const due = t('rules.preview.due', {
        number: target ?? '',
        earliest: earliest ?? '',
        recommended: recommended ?? '',
      });
      const others = before && after && String(before.vaccines) !== String(after.vaccines);
      return others ? `${due} · ${one.vaccines.map(vaccineName).join(t('plan.or'))}` : due;
    },
  };
}
