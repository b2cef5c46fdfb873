/**
 * The pre-check (预检) while it is being filled in: temperature, the questions one by one, and what
 * they find against each vaccine. It takes out what it must and no more. Pure.
 */

import type { NewEvent } from '../case/document.ts';
import type { Finding } from '../models/generated.ts';
import { dateOf, dayOf } from '../ui/format.ts';

/** 腋温 from which on a child has a fever, ℃. */
export const FEVER = 37.3;

/** What a yes says of vaccines (`miaopu.catalog.Finds`). */
export interface Finds {
  vaccines: 'all' | 'live' | 'chosen';
  routes?: readonly string[];
  groups?: readonly string[];
  outcome: Finding['outcome'];
  days?: number;
  reason: string;
}

export interface Question {
  code: string;
  finds: Finds | null;
}

/** What bears on a finding of a vaccine that may be given today. */
export interface Candidate {
  code: string;
  kind: string;
  route: string;
  groups: readonly string[];
}

export type Outcome = 'pass' | Finding['outcome'];

export interface PrecheckForm {
  /** 体温, as typed. */
  temperature: string;
  /** Why the temperature was not taken (未测); null: it was. */
  untaken: string | null;
  /** Question → what the guardian said. */
  answers: Record<string, boolean>;
  /** What a person says of a vaccine over what the answers say. */
  outcomes: Record<string, Outcome>;
  /** Until when a vaccine waits, where a person says another day. */
  until: Record<string, string>;
  /** 医学建议. */
  advice: string;
}

export const emptyPrecheck = (temperature = ''): PrecheckForm => ({
  temperature,
  untaken: null,
  answers: {},
  outcomes: {},
  until: {},
  advice: '',
});

/** ℃, where it was taken and can be; null: not, or not yet. */
export function degreesOf({ temperature, untaken }: PrecheckForm): number | null {
  const text = temperature.trim();
  const degrees = Number(text);
  return untaken === null && text !== '' && degrees >= 30 && degrees <= 45 ? degrees : null;
}

/** The questions that were answered with yes; a fever answers its question by itself. */
export function yesTo(form: PrecheckForm, questions: readonly Question[]): Question[] {
  const isHot = (degreesOf(form) ?? 0) >= FEVER;
  return questions.filter(({ code }) => form.answers[code] || (isHot && code === 'fever'));
}

function concerns(finds: Finds, vaccine: Candidate): boolean {
  const { vaccines, routes, groups } = finds;
  if (vaccines === 'chosen') return false;
  if (vaccines === 'live' && vaccine.kind !== 'live') return false;
  if (routes?.length && !routes.includes(vaccine.route)) return false;
  return !groups?.length || vaccine.groups.some((group) => groups.includes(group));
}

const WAIT_DAYS = 7;

/** What the answers say of a vaccine: what never may before what may later, the longer wait first. */
function proposed(yes: readonly Question[], vaccine: Candidate, day: number): Finding | null {
  const against = yes.flatMap(({ finds }) => (finds && concerns(finds, vaccine) ? [finds] : []));
  const [worst] = against.sort(
    (a, b) =>
      Number(b.outcome === 'contraindicated') - Number(a.outcome === 'contraindicated') ||
      (b.days ?? 0) - (a.days ?? 0),
  );
  if (!worst) return null;
  const { outcome, reason, days = WAIT_DAYS } = worst;
  const until = outcome === 'deferred' ? { until: dateOf(day + days) } : {};
  return { vaccine: vaccine.code, outcome, reason, ...until };
}

/** What is found against each vaccine that might be given; a person's word over the answers'. */
export function findingsOf(
  form: PrecheckForm,
  questions: readonly Question[],
  vaccines: readonly Candidate[],
  today: string,
): Finding[] {
  const yes = yesTo(form, questions);
  const day = dayOf(today) ?? 0;
  return vaccines.flatMap((vaccine): Finding[] => {
    const own = proposed(yes, vaccine, day);
    const outcome = form.outcomes[vaccine.code] ?? own?.outcome ?? 'pass';
    if (outcome === 'pass') return [];
    const named = own?.reason ?? yes.find(({ finds }) => finds)?.finds?.reason;
    const reason = named === undefined ? {} : { reason: named };
    if (outcome === 'contraindicated') return [{ vaccine: vaccine.code, outcome, ...reason }];
    const until = form.until[vaccine.code] || own?.until || dateOf(day + WAIT_DAYS);
    return [{ vaccine: vaccine.code, outcome, until, ...reason }];
  });
}

export type PrecheckNeed = 'temperature' | 'untaken' | 'questions' | 'chosen' | 'advice';

/** What is still to be done; the first question that is open is `open`. */
export function precheckNeeds(
  form: PrecheckForm,
  questions: readonly Question[],
  findings: readonly Finding[],
): { needs: PrecheckNeed[]; open: string | null } {
  const needs: PrecheckNeed[] = [];
  if (form.untaken === null && degreesOf(form) === null) needs.push('temperature');
  if (form.untaken?.trim() === '') needs.push('untaken');
  const open = questions.find(({ code }) => form.answers[code] === undefined)?.code ?? null;
  if (open !== null) needs.push('questions');
  const yes = yesTo(form, questions);
  // An answer that is about single vaccines: a person has looked at them, and said of which.
  const isChosen = yes.some(({ finds }) => finds?.vaccines === 'chosen');
  if (isChosen && Object.keys(form.outcomes).length === 0) needs.push('chosen');
  const isFound = yes.length > 0 || findings.length > 0;
  if (isFound && form.advice.trim() === '') needs.push('advice');
  return { needs, open };
}

/** All that were not answered yet are answered with no: the guardian was asked them all. */
export function answerRest(form: PrecheckForm, questions: readonly Question[]): void {
  const isHot = (degreesOf(form) ?? 0) >= FEVER;
  for (const { code } of questions) form.answers[code] ??= isHot && code === 'fever';
}

/**
 * What is recorded: the pre-check, and of what may never be given a contraindication that the
 * schedule looks at. `vaccines` are those that might have been given.
 */
export function precheckEvents(
  form: PrecheckForm,
  questions: readonly Question[],
  vaccines: readonly Candidate[],
  today: string,
): NewEvent[] {
  const findings = findingsOf(form, questions, vaccines, today);
  const degrees = degreesOf(form);
  const answers = { ...form.answers };
  for (const { code } of yesTo(form, questions)) answers[code] = true;
  const advice = form.advice.trim();
  const precheck: NewEvent<'precheck'> = {
    kind: 'precheck',
    date: today,
    ...(degrees !== null && { temperature: degrees }),
    ...(form.untaken !== null && { unmeasured: form.untaken.trim() }),
    answers,
    ...(findings.length > 0 && { findings }),
    passed: vaccines.length === 0 || findings.length < vaccines.length,
    ...(advice && { advice }),
  };
  const never = findings.flatMap(({ vaccine, outcome, reason }): NewEvent[] =>
    outcome === 'contraindicated'
      ? [{ kind: 'contraindication', date: today, vaccine, code: reason ?? 'other' }]
      : [],
  );
  return [precheck, ...never];
}
