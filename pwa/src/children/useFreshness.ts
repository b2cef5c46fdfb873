/** How fresh a child's record is, for pages; it changes as time goes by. */
import { type ComputedRef, computed } from 'vue';
import { useSession } from '../accounts/session.ts';
import { workspace } from '../accounts/workspace.ts';
import { useClock } from '../clock/useClock.ts';
import { useKnownSync } from '../sync/known.ts';
import type { ChildDoc } from './document.ts';
import { type Freshness, freshnessOf } from './freshness.ts';

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
