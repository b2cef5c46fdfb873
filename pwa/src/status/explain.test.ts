import { expect, it } from 'vitest';
import { denialOf } from '../../testing/site-validators.ts';
import { causeOf } from './explain.ts';

const SITE = '3301020001';
const nurse = { db: `site-${SITE}`, name: 'nurse1', roles: [`site:${SITE}`, 'grade:ordinary'] };
const EVENT = '01K9A3Q6Z00000000000000001';
const dose = {
  kind: 'dose',
  at: '2026-01-05T00:00:00.000Z',
  by: 'nurse2',
  station: '01K9A3Q6Z0000000000000000S',
  site: SITE,
  offset_ms: 0,
  app: '0.1.0',
  date: '2026-01-05',
  vaccine: '0201',
  origin: 'given',
};
const child = (event: object) => ({
  _id: 'child:01K9A3Q6Z0000000000000000C',
  type: 'child',
  facts: {},
  events: { [EVENT]: event },
});
const reason = (doc: object & { _id: string }, before: (object & { _id: string }) | null = null) =>
  denialOf(JSON.parse(JSON.stringify(doc)), before as never, nurse) ?? '';

it('knows the words of the database for what a nurse can do something about', () => {
  expect(causeOf(reason(child({ ...dose, temp_c: 37 })))).toBe('form');
  expect(causeOf(reason(child({ ...dose, vaccine: undefined })))).toBe('form');
  expect(causeOf(reason(child({ ...dose, site: '3301020002' })))).toBe('place');
  const voided = {
    ...child(dose),
    events: {
      [EVENT]: dose,
      '01K9A3Q6Z00000000000000002': {
        ...dose,
        by: 'nurse1',
        kind: 'void',
        target: EVENT,
        reason: 'mistake',
        date: undefined,
        vaccine: undefined,
        origin: undefined,
      },
    },
  };
  expect(causeOf(reason(voided, child(dose)))).toBe('senior');
  expect(causeOf('413 document_too_large: child:A')).toBe('size');
  expect(causeOf('forbidden: something new')).toBe('other');
});
