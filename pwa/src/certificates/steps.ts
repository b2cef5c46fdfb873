/** What may be done with a child's booklet (接种证), and the events of each step. */

import { certificateOf, certificatesOf } from '../case/certificate.ts';
import type { ChildDoc, NewEvent } from '../case/document.ts';

/** 发证; 补证 = 挂失 + 发证 in one; 挂失; 收回. */
export const STEPS = ['issue', 'replace', 'lose', 'return'] as const;
export type Step = (typeof STEPS)[number];

export interface CertificateForm {
  step: Step;
  number: string;
  date: string;
  edition: string;
  note: string;
}

/** The steps that a child's booklet allows; the usual one first. A child has one booklet. */
export function stepsFor(child: ChildDoc): Step[] {
  return certificateOf(child) ? ['replace', 'lose', 'return'] : ['issue'];
}

export type CertificateFault = 'number' | 'used' | 'date' | 'reason';

const NUMBER = /^[0-9A-Za-z-]{4,32}$/;

/** What is still wrong. Whoever replaces, loses or takes back a booklet says why. */
export function faultsOf(
  child: ChildDoc,
  form: CertificateForm,
  today: string,
): CertificateFault[] {
  const faults: CertificateFault[] = [];
  const isNew = form.step === 'issue' || form.step === 'replace';
  if (isNew && !NUMBER.test(form.number)) faults.push('number');
  // Lines are known by the booklet's number: a second one needs its own.
  else if (isNew && certificatesOf(child).has(form.number)) faults.push('used');
  if (!form.date || form.date > today) faults.push('date');
  if (form.step !== 'issue' && form.note.trim() === '') faults.push('reason');
  return faults;
}

/** The events of a form without faults. */
export function certificateEvents(
  child: ChildDoc,
  form: CertificateForm,
): NewEvent<'certificate'>[] {
  const { step, number, date, edition } = form;
  const note = form.note.trim();
  const said = note ? { note } : {};
  const held = certificateOf(child);
  const events: NewEvent<'certificate'>[] = [];
  if (held && step !== 'issue') {
    const state = step === 'return' ? 'returned' : 'lost';
    events.push({ kind: 'certificate', date, number: held.number, state, ...said });
  }
  if (step === 'issue' || step === 'replace') {
    events.push({ kind: 'certificate', date, number, state: 'issued', edition, ...said });
  }
  return events;
}
