import { describe, expect, it } from 'vitest';
import { certificateOf } from '../case/certificate.ts';
import type { ChildDoc, ChildEvent, NewEvent } from '../case/document.ts';
import { type CertificateForm, certificateEvents, faultsOf, stepsFor } from './steps';

const by = { at: '2026-11-23T01:00:00.000Z', by: 'nurse1', station: 'S', site: '5104020001' };
const child = (...events: NewEvent[]): ChildDoc => ({
  _id: 'child:01JD0000000000000000000000',
  type: 'child',
  facts: {},
  events: Object.fromEntries(
    events.map((one, i) => [`01${i}`, { ...by, offset_ms: null, app: '1', ...one } as ChildEvent]),
  ),
});
const form = (more: Partial<CertificateForm>): CertificateForm => ({
  step: 'issue',
  number: 'A-0001',
  date: '2026-11-29',
  edition: 'cn-2016',
  note: '',
  ...more,
});
const none = child();
const issued = child(...certificateEvents(none, form({})));

describe('a child holds one booklet', () => {
  it('that is issued first, and then lost, replaced or given back', () => {
    expect(stepsFor(none)).toEqual(['issue']);
    expect(stepsFor(issued)).toEqual(['replace', 'lose', 'return']);
    const lost = child(
      ...Object.values(issued.events),
      ...certificateEvents(issued, form({ step: 'lose', note: 'x' })),
    );
    expect(stepsFor(lost)).toEqual(['issue']);
    expect(certificateOf(lost)).toBeNull();
  });

  it('is replaced in one step: the old one is lost, with the reason, and the new one issued', () => {
    const events = certificateEvents(
      issued,
      form({ step: 'replace', number: 'A-0002', note: '遗失' }),
    );
    expect(events.map(({ number, state, note }) => [number, state, note])).toEqual([
      ['A-0001', 'lost', '遗失'],
      ['A-0002', 'issued', '遗失'],
    ]);
    const after = child(...Object.values(issued.events), ...events);
    expect(certificateOf(after)?.number).toBe('A-0002');
  });
});

it('says what is missing, and takes no number twice', () => {
  const faults = (one: ChildDoc, more: Partial<CertificateForm>) =>
    faultsOf(one, form(more), '2026-11-29');
  expect(faults(none, {})).toEqual([]);
  expect(faults(none, { number: '12' })).toEqual(['number']);
  expect(faults(none, { date: '2026-11-30' })).toEqual(['date']);
  expect(faults(issued, { step: 'replace', note: 'x' })).toEqual(['used']);
  expect(faults(issued, { step: 'return' })).toEqual(['reason']);
});
