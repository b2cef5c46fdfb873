/** The consent form of a vaccine (知情同意书), filled: what is told, what was asked, who signed. Pure. */

import { type ChildDoc, standing } from '../case/document.ts';
import type { Recorded } from '../case/visit.ts';
import type { Leaflet } from '../catalog/vaccines.ts';
import { decodeStrokes, strokesPath } from '../ui/strokes.ts';
import { childForm } from './forms.ts';
import type { Clinic, Consent } from './generated.ts';

export interface ConsentInput {
  child: ChildDoc;
  clinic: Clinic;
  date: string;
  /** Its full name. */
  vaccine: string;
  code: string;
  dose: string;
  programme: boolean;
  priceFen: number | null;
  leaflet: Leaflet | null;
  /** Of the text as it is now. */
  version: string;
  question: (code: string) => string;
  relation: (code: string) => string;
  doctor: string;
}

/** The latest decision of a day on a vaccine, with its form. */
export function consentOn(
  child: ChildDoc,
  vaccine: string,
  date: string,
): Recorded<'consent'> | null {
  const made = standing(child, 'consent').filter(
    ({ event }) => event.date === date && event.vaccines.includes(vaccine),
  );
  return made.at(-1) ?? null;
}

/** The form of a vaccine; where a guardian has decided, with the decision and what was drawn on glass. */
export function consentForm(input: ConsentInput): Consent {
  const { child, date, leaflet, priceFen } = input;
  const event = consentOn(child, input.code, date)?.event;
  const asked = standing(child, 'precheck')
    .filter((one) => one.event.date === date)
    .at(-1);
  const lines = (texts: readonly string[] | undefined) => (texts ?? []).join('\n');
  const signature = strokesPath(decodeStrokes(event?.strokes ?? '') ?? []);
  return {
    clinic: input.clinic,
    child: childForm(child),
    vaccine: input.vaccine,
    ...(input.dose && { dose: input.dose }),
    programme: input.programme,
    ...(priceFen !== null && { price_yuan: priceFen / 100 }),
    effect: leaflet?.prevents ?? '',
    contraindications: lines(leaflet?.contraindications),
    reactions: lines(leaflet?.reactions),
    precautions: lines(leaflet?.notes),
    questions: Object.entries(asked?.event.answers ?? {}).map(([code, answer]) => ({
      question: input.question(code),
      answer,
    })),
    ...(event && {
      decision: event.agreed ? ('agree' as const) : ('refuse' as const),
      guardian_relation: input.relation(event.informed.relation),
    }),
    ...(signature && { signature }),
    version: event?.form?.version ?? input.version,
    doctor: input.doctor,
    date,
  };
}
