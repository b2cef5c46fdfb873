/** Practice (练习模式): a database on this device alone, filled with children who do not exist. */
import { useRouter } from 'vue-router';
import { deviceClock } from '../clock/useClock';
import type { Settings } from '../models/generated.ts';
import { addMove, useLots } from '../stock/useStock';
import { useSession } from '../workspace/session';
import { opened, practising } from '../workspace/workspace';
import { practiceChildren, practiceLots } from './sample';

export function usePractice() {
  const router = useRouter();
  const { practise, logout } = useSession();
  const lots = useLots(null);
  return {
    practising,
    async begin(): Promise<void> {
      const real = opened();
      const settings = real.documents.get<Settings>(`settings:${real.site}`);
      const known = [...lots.value];
      await practise();
      const { repository, store, catchUp } = opened();
      const today = deviceClock().today();
      if (settings) {
        const { _rev, ...content } = settings as Settings & { _rev?: string };
        await store.put({ ...content });
      }
      for (const move of practiceLots(known, today)) await addMove(move);
      for (const facts of practiceChildren(today)) await repository.register(facts);
      await catchUp();
      await router.push({ name: 'home' });
    },
    /** Back to the login; what was practised is gone. */
    end: logout,
  };
}
