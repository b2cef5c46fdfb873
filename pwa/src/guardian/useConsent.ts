/** Records what a guardian decides at a desk, or at the glass (知情同意). */
import { useCatalog } from '../catalog/index.ts';
import { useSettings } from '../catalog/settings.ts';
import { leafletOf, moreOf } from '../catalog/vaccines.ts';
import { useClock } from '../clock/useClock.ts';
import { useRepository } from '../workspace/useChildren.ts';
import type { Answer, Decision } from './channel.ts';
import { type Agreed, consentEvents, needsForm, versionOf } from './consent.ts';
import { usePin } from './usePin.ts';

export interface UseConsent {
  /** Is a form signed for it here? */
  hasForm(vaccine: string): boolean;
  record(
    child: string,
    vaccines: readonly string[],
    decided: Agreed & { agreed: boolean },
  ): Promise<void>;
  /** A decision from the glass, with what became of it. */
  decide(
    child: string,
    vaccines: readonly string[],
    decision: Decision,
  ): Promise<{ answer: Answer; triesLeft: number }>;
}

export function useConsent(): UseConsent {
  const { entries } = useCatalog();
  const settings = useSettings();
  const { today, instant } = useClock();
  const { addEvents } = useRepository();
  const { check } = usePin();

  const entry = (vaccine: string) => entries('vaccine')[vaccine];
  const hasForm = (vaccine: string) =>
    needsForm(
      vaccine,
      settings.value?.consent ?? 'non-programme',
      (code) => moreOf(entry(code)).programme !== false,
    );
  const version = (vaccine: string) =>
    versionOf(leafletOf(entry(vaccine), entries('leaflet'), 'zh'));

  async function record(
    child: string,
    vaccines: readonly string[],
    decided: Agreed & { agreed: boolean },
  ) {
    const now = { date: today(), instant: instant() };
    await addEvents(child, consentEvents(vaccines, decided, now, { needed: hasForm, version }));
  }

  return {
    hasForm,
    record,
    async decide(child, vaccines, decision) {
      const { relation, by } = decision;
      const taken = { answer: 'taken', triesLeft: 0 } as const;
      if (by === 'declined') {
        await record(child, vaccines, { relation, method: 'spoken', strokes: '', agreed: false });
        return taken;
      }
      if (by === 'signature') {
        const { strokes } = decision;
        await record(child, vaccines, { relation, method: by, strokes, agreed: true });
        return taken;
      }
      const { answer, triesLeft } = await check(child, decision.digits);
      if (answer !== 'right') return { answer: answer === 'locked' ? answer : 'wrong', triesLeft };
      await record(child, vaccines, { relation, method: by, strokes: '', agreed: true });
      return taken;
    },
  };
}
