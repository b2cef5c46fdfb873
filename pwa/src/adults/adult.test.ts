import { expect, it } from 'vitest';
import { adultFacts, adultFaults, emptyAdult, filled } from './adult';
import { courseEvent, courseFaults, emptyCourse } from './course-form';

const ID = '11010119900307109X';

it('needs no guardian: a name, a sex, a birth date and a document', () => {
  const form = filled({ ...emptyAdult(), name: '张三', number: '110101199003071015' });
  expect(adultFaults(emptyAdult(), '2026-11-29')).toEqual(['name', 'sex', 'birthDate', 'number']);
  const passport = {
    ...form,
    type: '03',
    number: 'E1234567',
    sex: 'M' as const,
    birthDate: '1990-03-07',
  };
  expect(adultFaults(passport, '2026-11-29')).toEqual([]);
  expect(adultFacts(passport)).toMatchObject({
    person: 'adult',
    document_type: '03',
    document_number: 'E1234567',
    id_number: null,
  });
  expect(adultFaults({ ...passport, type: '01', number: ID.slice(1) }, '2026-11-29')).toEqual([
    'number',
  ]);
  expect(adultFaults({ ...passport, type: '88', number: '' }, '2026-11-29')).toEqual([]);
});

it('asks what the exposure was before a course that answers one', () => {
  const form = { ...emptyCourse('2026-11-29'), course: 'rabies-5' };
  expect(courseFaults(form, '2026-11-29')).toEqual(['grade']);
  expect(courseFaults({ ...form, grade: '3', immunoglobulin: true }, '2026-11-29')).toEqual([
    'weight',
  ]);
  expect(courseFaults({ ...form, course: 'hepb-016' }, '2026-11-29')).toEqual([]);
  const event = courseEvent(
    {
      ...form,
      grade: '3',
      immunoglobulin: true,
      weight: '61.5',
      animal: 'dog',
      bodyPart: '左小腿',
    },
    '2802',
    (date, time) => `${date}T${time}`,
  );
  expect(event.exposure).toEqual({
    grade: '3',
    at: '2026-11-29T12:00',
    animal: 'dog',
    body_part: '左小腿',
    wound_treated: false,
    immunoglobulin: true,
    weight_kg: 61.5,
  });
});
