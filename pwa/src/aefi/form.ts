/** The report card (个案报告卡) as it is filled in, and the event that it makes. Pure. */
import { type ChildDoc, type Dose, fact, type NewEvent, standing } from '../case/document.ts';
import { dayOf } from '../ui/format.ts';
import type { Aefi } from './windows.ts';

export interface AefiForm {
  date: string;
  found: string;
  symptoms: string[];
  /** The doses suspected, the most likely first. */
  doses: string[];
  /** A report card is made; without it the reaction is only noted. */
  report: boolean;
  urgent: boolean;
  hospital: string;
  course: string;
  fever: '1' | '2' | '3' | '4';
  redness: '1' | '2' | '3' | '4';
  induration: '1' | '2' | '3' | '4';
  diagnosis: string;
  hospitalised: boolean;
  outcome: string;
  initialClass: '' | '1' | '2';
  channel: '1' | '2';
  phone: string;
  note: string;
}

/** The card holds three. */
export const MOST_SUSPECTS = 3;
/** Doses that are offered: what was given longer ago is seldom suspected. */
const OFFERED = 8;

/** Doses that may be suspected, the latest first. */
export function offered(child: ChildDoc): { id: string; dose: Dose }[] {
  return standing(child, 'dose')
    .map(({ id, event: dose }) => ({ id, dose }))
    .sort((a, b) => b.dose.date.localeCompare(a.dose.date) || b.id.localeCompare(a.id))
    .slice(0, OFFERED);
}

/** The form as it opens: the doses of the last visit are suspected, as far as the card holds them. */
export function emptyForm(child: ChildDoc, today: string, phone: string): AefiForm {
  const doses = offered(child);
  const last = doses[0]?.dose.date;
  return {
    date: today,
    found: today,
    symptoms: [],
    doses: doses
      .filter(({ dose }) => dose.date === last)
      .map(({ id }) => id)
      .slice(0, MOST_SUSPECTS)
      .reverse(),
    report: false,
    urgent: false,
    hospital: '',
    course: '',
    fever: '4',
    redness: '4',
    induration: '4',
    diagnosis: '',
    hospitalised: false,
    outcome: '',
    initialClass: '',
    channel: '1',
    phone,
    note: '',
  };
}

export type AefiNeed =
  | 'date'
  | 'found'
  | 'foundBefore'
  | 'symptoms'
  | 'doses'
  | 'tooMany'
  | 'course'
  | 'outcome'
  | 'initialClass';

/** What is still needed (带 * 项), in the order of the form. */
export function missing(form: AefiForm): AefiNeed[] {
  const found: AefiNeed[] = [];
  if (!form.date) found.push('date');
  if (form.symptoms.length === 0) found.push('symptoms');
  if (form.doses.length > MOST_SUSPECTS) found.push('tooMany');
  if (!form.report) return found;
  if (form.doses.length === 0) found.push('doses');
  if (!form.found) found.push('found');
  else if ((dayOf(form.found) ?? 0) < (dayOf(form.date) ?? 0)) found.push('foundBefore');
  if (!form.course.trim()) found.push('course');
  if (!form.outcome) found.push('outcome');
  if (!form.initialClass) found.push('initialClass');
  return found;
}

function cardOf(form: AefiForm): NonNullable<Aefi['card']> {
  const text = (value: string) => value.trim() || undefined;
  return Object.fromEntries(
    Object.entries({
      found: form.found,
      doses: [...form.doses],
      hospital: text(form.hospital),
      course: form.course.trim(),
      fever: form.fever,
      redness: form.redness,
      induration: form.induration,
      diagnosis: text(form.diagnosis),
      hospitalised: form.hospitalised,
      initial_class: form.initialClass,
      channel: form.channel,
      urgent: form.urgent || undefined,
      phone: text(form.phone),
    }).filter(([, value]) => value !== undefined),
  ) as unknown as NonNullable<Aefi['card']>;
}

/** The event of a form that has all it needs. */
export function aefiOf(form: AefiForm): NewEvent<'aefi'> {
  return {
    kind: 'aefi',
    date: form.date,
    ...(form.doses[0] && { dose: form.doses[0] }),
    symptoms: [...form.symptoms],
    ...(form.outcome && { outcome: form.outcome }),
    ...(form.report && { card: cardOf(form) }),
    ...(form.note.trim() && { note: form.note.trim() }),
  };
}

/** 职业 on the card, by age: kept at home, at nursery, a pupil. */
export function occupationOf(child: ChildDoc, on: string): 'home' | 'nursery' | 'pupil' | 'other' {
  const birth = dayOf(fact(child, 'birth_date'));
  const day = dayOf(on);
  if (birth === null || day === null) return 'other';
  if (fact(child, 'register_status') === '7') return 'nursery';
  const years = Math.floor((day - birth) / 365.25);
  return years < 6 ? (years < 3 ? 'home' : 'nursery') : years < 18 ? 'pupil' : 'other';
}
