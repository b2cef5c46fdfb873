/** What a new course asks for; an exposure where it answers one (狂犬病、破伤风暴露). */

import type { NewEvent } from '../case/document.ts';

export interface CourseForm {
  course: string;
  date: string;
  exposed: boolean;
  grade: '' | '1' | '2' | '3';
  /** `YYYY-MM-DD`, `HH:MM`. */
  exposedOn: string;
  exposedAt: string;
  animal: string;
  bodyPart: string;
  manner: string;
  treated: boolean;
  immunoglobulin: boolean;
  weight: string;
  note: string;
}

export function emptyCourse(today: string): CourseForm {
  return {
    course: '',
    date: today,
    exposed: false,
    grade: '',
    exposedOn: today,
    exposedAt: '',
    animal: '',
    bodyPart: '',
    manner: '',
    treated: false,
    immunoglobulin: false,
    weight: '',
    note: '',
  };
}

/** 暴露后: courses that answer an exposure say which. */
export const asksExposure = (course: string): boolean =>
  course.startsWith('rabies') && course !== 'rabies-pre';

export type CourseFault = 'course' | 'date' | 'grade' | 'exposedOn' | 'weight';

export function courseFaults(form: CourseForm, today: string): CourseFault[] {
  const faults: CourseFault[] = [];
  if (!form.course) faults.push('course');
  if (!form.date || form.date > today) faults.push('date');
  if (!asksExposure(form.course)) return faults;
  if (!form.grade) faults.push('grade');
  if (!form.exposedOn || form.exposedOn > form.date) faults.push('exposedOn');
  const weight = Number(form.weight);
  const hasWeight = form.weight.trim() !== '';
  // 球蛋白 is dosed by weight.
  if (form.immunoglobulin ? !(weight > 0 && weight <= 400) : hasWeight && !(weight > 0)) {
    faults.push('weight');
  }
  return faults;
}

export function courseEvent(
  form: CourseForm,
  vaccine: string,
  instant: (date: string, time: string) => string,
): NewEvent<'course'> {
  const text = (name: 'bodyPart' | 'manner', as: 'body_part' | 'manner') =>
    form[name].trim() ? { [as]: form[name].trim() } : {};
  return {
    kind: 'course',
    date: form.date,
    course: form.course,
    vaccine,
    ...(asksExposure(form.course) &&
      form.grade !== '' && {
        exposure: {
          grade: form.grade,
          at: instant(form.exposedOn, form.exposedAt || '12:00'),
          ...(form.animal && { animal: form.animal }),
          ...text('bodyPart', 'body_part'),
          ...text('manner', 'manner'),
          wound_treated: form.treated,
          immunoglobulin: form.immunoglobulin,
          ...(form.weight.trim() && { weight_kg: Number(form.weight) }),
        },
      }),
    ...(form.note.trim() && { note: form.note.trim() }),
  };
}
