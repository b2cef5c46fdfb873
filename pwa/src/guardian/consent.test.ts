import { expect, it } from 'vitest';
import { consentEvents, needsForm } from './consent.ts';

const now = { date: '2026-11-23', instant: '2026-11-23T01:00:00.000Z' };
const isProgramme = (vaccine: string) => vaccine !== '5001';
const forms = {
  needed: (vaccine: string) => needsForm(vaccine, 'non-programme', isProgramme),
  version: () => 'v1',
};
const informed = { relation: 'mother', method: 'signature', at: now.instant };

it('is one consent for what needs no form, and one with its form for each that does', () => {
  const decided = {
    relation: 'mother',
    method: 'signature',
    strokes: 'AABC',
    agreed: true,
  } as const;
  expect(consentEvents(['0201', '5001', '0402'], decided, now, forms)).toEqual([
    {
      ...{ kind: 'consent', date: now.date, vaccines: ['0201', '0402'] },
      ...{ agreed: true, informed, strokes: 'AABC' },
    },
    {
      ...{ kind: 'consent', date: now.date, vaccines: ['5001'], agreed: true, informed },
      ...{ form: { code: '5001', version: 'v1' }, strokes: 'AABC' },
    },
  ]);
});

it('keeps no strokes of a PIN, and none of paper', () => {
  const byPin = { relation: 'father', method: 'pin', strokes: 'AABC', agreed: true } as const;
  expect(consentEvents(['0201'], byPin, now, forms)[0]).not.toHaveProperty('strokes');
  const onPaper = { ...byPin, method: 'signature', strokes: '' } as const;
  expect(consentEvents(['0201'], onPaper, now, forms)[0]).not.toHaveProperty('strokes');
});

it('is signed for every vaccine where the clinic wants it', () => {
  expect(needsForm('0201', 'every-visit', isProgramme)).toBe(true);
  expect(needsForm('0201', 'non-programme', isProgramme)).toBe(false);
});
