/** How fresh a child's record is, for pages; it changes as time goes by. */
import { type ComputedRef, computed } from 'vue';
import type { ChildDoc } from '../case/document.ts';
import { useClock } from '../clock/useClock.ts';
import { useSession } from '../workspace/session.ts';
import { workspace } from '../workspace/workspace.ts';
import { type Freshness, freshnessOf } from './freshness.ts';
import { useKnownSync } from './known.ts';

export function useFreshness(child: () => ChildDoc): ComputedRef<Freshness> {
  const status = useKnownSync();
  const { now } = useClock();
  const { user } = useSession();
  return computed(() => {
    const { _id } = child();
    return freshnessOf({
      status: status.value,
      child: child(),
      cases: workspace.value?.members(_id) ?? [_id],
      site: user.value?.site ?? '',
      now: now.value,
    });
  });
}
