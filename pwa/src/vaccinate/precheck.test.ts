import { describe, expect, it } from 'vitest';
import {
  answerRest,
  type Candidate,
  degreesOf,
  emptyPrecheck,
  findingsOf,
  type PrecheckForm,
  precheckEvents,
  precheckNeeds,
  type Question,
} from './precheck.ts';

const DAY = '2026-11-23';
const QUESTIONS: Question[] = [
  {
    code: 'fever',
    finds: { vaccines: 'all', outcome: 'deferred', days: 7, reason: 'fever' },
  },
  { code: 'immune', finds: { vaccines: 'live', outcome: 'contraindicated', reason: 'immune' } },
  {
    code: 'blood',
    finds: {
      ...{ vaccines: 'live', routes: ['sc'], outcome: 'deferred', days: 90 },
      reason: 'immunoglobulin',
    },
  },
  { code: 'allergy', finds: { vaccines: 'chosen', outcome: 'contraindicated', reason: 'allergy' } },
];
const MMR: Candidate = { code: '1201', kind: 'live', route: 'sc', groups: ['MMR'] };
const DTAP: Candidate = { code: '0402', kind: 'inactivated', route: 'im', groups: ['DTaP'] };
const OPV: Candidate = { code: '0303', kind: 'live', route: 'oral', groups: ['Polio'] };
const ALL = [MMR, DTAP, OPV];

const well = (more: Partial<PrecheckForm> = {}): PrecheckForm => {
  const form = { ...emptyPrecheck('36.6'), ...more, answers: { ...more.answers } };
  answerRest(form, QUESTIONS);
  return form;
};
const found = (form: PrecheckForm) =>
  findingsOf(form, QUESTIONS, ALL, DAY).map(({ vaccine, outcome }) => [vaccine, outcome]);

describe('what is found', () => {
  it('is nothing where all is well', () => {
    expect(found(well())).toEqual([]);
    expect(precheckEvents(well(), QUESTIONS, ALL, DAY)).toEqual([
      {
        ...{ kind: 'precheck', date: DAY, temperature: 36.6, passed: true },
        answers: { fever: false, immune: false, blood: false, allergy: false },
      },
    ]);
  });

  it('stops all where there is a fever, asked or measured', () => {
    const hot = well({ temperature: '37.3' });
    expect(found(hot)).toHaveLength(3);
    const [event] = precheckEvents(hot, QUESTIONS, ALL, DAY);
    expect(event).toMatchObject({ passed: false, answers: { fever: true } });
    expect(found(well({ temperature: '37.2' }))).toEqual([]);
    expect(found(well({ answers: { fever: true } }))).toHaveLength(3);
  });

  it('takes out the vaccines that it is about, and no more', () => {
    expect(found(well({ answers: { immune: true } }))).toEqual([
      ['1201', 'contraindicated'],
      ['0303', 'contraindicated'],
    ]);
    const blood = well({ answers: { blood: true } });
    expect(findingsOf(blood, QUESTIONS, ALL, DAY)).toEqual([
      { vaccine: '1201', outcome: 'deferred', until: '2027-02-21', reason: 'immunoglobulin' },
    ]);
    expect(precheckEvents(blood, QUESTIONS, ALL, DAY)[0]).toMatchObject({ passed: true });
  });

  it('is what a person says, over the answers', () => {
    const form = well({
      answers: { immune: true },
      outcomes: { '1201': 'pass', '0402': 'deferred' },
    });
    form.until['0402'] = '2026-12-01';
    expect(findingsOf(form, QUESTIONS, ALL, DAY)).toEqual([
      { vaccine: '0402', outcome: 'deferred', until: '2026-12-01', reason: 'immune' },
      { vaccine: '0303', outcome: 'contraindicated', reason: 'immune' },
    ]);
  });

  it('is told to the schedule where it is for ever', () => {
    const [, ...others] = precheckEvents(well({ answers: { immune: true } }), QUESTIONS, ALL, DAY);
    expect(others).toEqual([
      { kind: 'contraindication', date: DAY, vaccine: '1201', code: 'immune' },
      { kind: 'contraindication', date: DAY, vaccine: '0303', code: 'immune' },
    ]);
  });
});

describe('what is needed', () => {
  const needs = (form: PrecheckForm) =>
    precheckNeeds(form, QUESTIONS, findingsOf(form, QUESTIONS, ALL, DAY));

  it('is a temperature that can be, or why there is none, and every answer', () => {
    expect(needs(emptyPrecheck())).toEqual({ needs: ['temperature', 'questions'], open: 'fever' });
    expect(needs(well({ temperature: '366' })).needs).toEqual(['temperature']);
    expect(needs(well({ untaken: ' ' })).needs).toEqual(['untaken']);
    expect(needs(well({ untaken: '哭闹' })).needs).toEqual([]);
    expect(degreesOf(well({ untaken: '哭闹' }))).toBeNull();
    const [event] = precheckEvents(well({ untaken: '哭闹' }), QUESTIONS, ALL, DAY);
    expect(event).toMatchObject({ unmeasured: '哭闹' });
    expect(event).not.toHaveProperty('temperature');
  });

  it('is advice where something was found, and of which vaccines where only a person can tell', () => {
    expect(needs(well({ answers: { blood: true } })).needs).toEqual(['advice']);
    const allergic = well({ answers: { allergy: true }, advice: '咨询' });
    expect(needs(allergic).needs).toEqual(['chosen']);
    expect(needs({ ...allergic, outcomes: { '0402': 'contraindicated' } }).needs).toEqual([]);
  });
});
