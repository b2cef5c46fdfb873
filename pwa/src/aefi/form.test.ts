import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { aefiOf, emptyForm, missing } from './form.ts';

const dose = (date: string, vaccine: string) => ({ kind: 'dose', origin: 'given', date, vaccine });
const child = {
  _id: 'child:01KAM00000000000000000000X',
  type: 'child',
  facts: {},
  events: {
    '01A': dose('2026-09-01', '0303'),
    '01B': dose('2026-11-20', '1201'),
    '01C': dose('2026-11-20', '1801'),
  },
} as unknown as ChildDoc;

it('the doses of the last visit are suspected', () => {
  expect(emptyForm(child, '2026-11-21', '').doses).toEqual(['01B', '01C']);
});

it('a note needs little, a card all that it marks', () => {
  const form = emptyForm(child, '2026-11-21', '0812');
  expect(missing(form)).toEqual(['symptoms']);
  form.symptoms = ['rash'];
  expect(missing(form)).toEqual([]);
  expect(aefiOf(form)).toEqual({
    kind: 'aefi',
    date: '2026-11-21',
    dose: '01B',
    symptoms: ['rash'],
  });
  form.report = true;
  expect(missing(form)).toEqual(['course', 'outcome', 'initialClass']);
  Object.assign(form, { course: 'rash on the trunk', outcome: '2', initialClass: '2' });
  expect(missing({ ...form, found: '2026-11-20' })).toEqual(['foundBefore']);
  expect(aefiOf(form).card).toEqual({
    found: '2026-11-21',
    doses: ['01B', '01C'],
    course: 'rash on the trunk',
    fever: '4',
    redness: '4',
    induration: '4',
    hospitalised: false,
    initial_class: '2',
    channel: '1',
    phone: '0812',
  });
});
