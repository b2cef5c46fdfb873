/**
 * What became of a reaction, and by when the next step is due (报告、调查、结论的时限). Computed from
 * events on reading. Source: 全国疑似预防接种异常反应监测方案: reported within 48 h of finding, or 2 h;
 * investigation within 48 h of the report; from its start the case form within 3 days, the first
 * report within 7, the conclusion within 30.
 */
import { type ChildDoc, type Dose, type EventOf, standing } from '../case/document.ts';
import { localDate } from '../clock/clock.ts';
import type { Aefi } from './windows.ts';

export type AefiStep = EventOf<'aefi_step'>;
export type StepName = AefiStep['step'];
type Card = NonNullable<Aefi['card']>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const STEPS: readonly StepName[] = [
  'reported',
  'investigation',
  'case_form',
  'first_report',
  'conclusion',
];

/** The step that a limit runs from, and how long it is. */
const LIMITS: Record<Exclude<StepName, 'reported'>, { after: StepName; ms: number }> = {
  investigation: { after: 'reported', ms: 48 * HOUR },
  case_form: { after: 'investigation', ms: 3 * DAY },
  first_report: { after: 'investigation', ms: 7 * DAY },
  conclusion: { after: 'investigation', ms: 30 * DAY },
};

/** Within how many hours it is reported. */
export const reportHours = (card: Pick<Card, 'urgent'>): 2 | 48 => (card.urgent ? 2 : 48);

/**
 * The moment that a limit runs from. Of a day that is not the day of recording the hour is not known:
 * the day's beginning, so that no limit is told too late.
 */
function momentOf(date: string, at: string): number {
  return localDate(Date.parse(at)) === date ? Date.parse(at) : Date.parse(`${date}T00:00:00+08:00`);
}

export interface StepState {
  step: StepName;
  /** The event that says that it was done. */
  done: AefiStep | null;
  /** By when; null: what it runs from was not done yet. */
  due: number | null;
}

/** A reaction with its card, what it followed, and its steps. */
export interface AefiCase {
  id: string;
  child: ChildDoc;
  event: Aefi;
  /** The doses suspected, the most likely first. */
  suspects: { id: string; dose: Dose }[];
  steps: StepState[];
  /** The next step and by when; null when nothing is open. */
  next: { step: StepName; due: number } | null;
  conclusion: AefiStep | null;
}

/** Doses that a reaction names, as far as they stand. */
export function suspectsOf(child: ChildDoc, event: Aefi): { id: string; dose: Dose }[] {
  const named = event.card?.doses ?? (event.dose ? [event.dose] : []);
  const doses = new Map(standing(child, 'dose').map(({ id, event: dose }) => [id, dose]));
  return named.flatMap((id) => {
    const dose = doses.get(id);
    return dose ? [{ id, dose }] : [];
  });
}

function stepsOf(event: Aefi, card: Card, said: ReadonlyMap<StepName, AefiStep>): StepState[] {
  const found = momentOf(card.found, event.at);
  const at = (step: StepName) => {
    const done = said.get(step);
    return done ? momentOf(done.date, done.at) : null;
  };
  return STEPS.map((step) => {
    const done = said.get(step) ?? null;
    if (step === 'reported') return { step, done, due: found + reportHours(card) * HOUR };
    const { after, ms } = LIMITS[step];
    const from = at(after);
    return { step, done, due: from === null ? null : from + ms };
  });
}

/** Reactions of a child, the latest first. What was noted without a card has no clocks. */
export function casesOf(child: ChildDoc): AefiCase[] {
  const all = standing(child, 'aefi_step');
  return standing(child, 'aefi')
    .map(({ id, event }): AefiCase => {
      const said = new Map<StepName, AefiStep>();
      for (const { event: one } of all) if (one.target === id) said.set(one.step, one);
      const steps = event.card ? stepsOf(event, event.card, said) : [];
      const conclusion = said.get('conclusion') ?? null;
      // A common reaction (一般反应) is reported and not investigated.
      const wanted =
        event.card?.initial_class === '1' && !said.has('investigation')
          ? steps.slice(0, 1)
          : conclusion
            ? []
            : steps;
      const open = wanted.flatMap(({ step, done, due }) =>
        done === null && due !== null ? [{ step, due }] : [],
      );
      open.sort((a, b) => a.due - b.due);
      const suspects = suspectsOf(child, event);
      return { id, child, event, suspects, steps, next: open[0] ?? null, conclusion };
    })
    .reverse();
}

export type Urgency = 'overdue' | 'soon' | 'open' | 'closed';

/** How a case stands now; `soon`: within a day. */
export function urgencyOf({ next }: Pick<AefiCase, 'next'>, now: number): Urgency {
  if (next === null) return 'closed';
  if (next.due <= now) return 'overdue';
  return next.due - now <= DAY ? 'soon' : 'open';
}

/** Open ones first, the nearest limit first; then closed ones, the latest reaction first. */
export function sorted(cases: readonly AefiCase[]): AefiCase[] {
  const due = (one: AefiCase) => one.next?.due ?? Number.POSITIVE_INFINITY;
  return [...cases].sort(
    (a, b) =>
      due(a) - due(b) || (a.event.date < b.event.date ? 1 : a.event.date > b.event.date ? -1 : 0),
  );
}
