/** Records what a guardian decides at a desk, or at the glass (知情同意). */
import type { ChildDoc } from '../case/document.ts';
import { useCatalog } from '../catalog/index.ts';
import { useSettings } from '../catalog/settings.ts';
import { leafletOf, moreOf, versionOf } from '../catalog/vaccines.ts';
import { useClock } from '../clock/useClock.ts';
import { useRepository } from '../workspace/useChildren.ts';
import type { Answer, Decision } from './channel.ts';
import { type Agreed, consentEvents, needsForm } from './consent.ts';
import { usePin } from './usePin.ts';

/** What became of a decision, and the child with it; null: it is as it was. */
export interface Decided {
  answer: Answer;
  triesLeft: number;
  child: ChildDoc | null;
}

type Whole = Agreed & { agreed: boolean };

export interface UseConsent {
  /** Is a form signed for it here? */
  hasForm(vaccine: string): boolean;
  record(child: string, vaccines: readonly string[], decided: Whole): Promise<ChildDoc>;
  /** A decision from the glass, or from the pad. */
  decide(child: string, vaccines: readonly string[], decision: Decision): Promise<Decided>;
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

  function record(child: string, vaccines: readonly string[], decided: Whole): Promise<ChildDoc> {
    const now = { date: today(), instant: instant() };
    const forms = { needed: hasForm, version };
    return addEvents(child, consentEvents(vaccines, decided, now, forms));
  }

  return {
    hasForm,
    record,
    async decide(child, vaccines, decision) {
      const { relation, by } = decision;
      const taken = async (decided: Omit<Whole, 'relation'>): Promise<Decided> => ({
        answer: 'taken',
        triesLeft: 0,
        child: await record(child, vaccines, { relation, ...decided }),
      });
      if (by === 'declined') return taken({ method: 'spoken', strokes: '', agreed: false });
      if (by === 'signature') {
        return taken({ method: by, strokes: decision.strokes, agreed: true });
      }
      const { answer, triesLeft } = await check(child, decision.digits);
      if (answer === 'right') return taken({ method: by, strokes: '', agreed: true });
      return { answer, triesLeft, child: null };
    },
  };
}
