/** What a newborn was given at the birth hospital (出生医院已种), asked for once as the child is registered. */

import type { NewEvent } from '../case/document.ts';
import type { DueItem } from '../forecast/plan.ts';

/** 乙型肝炎人免疫球蛋白: for the child of a mother with HBsAg. */
const HBIG = '3901';
const HBSAG_POSITIVE = '1';

export interface BirthDose {
  group: string;
  vaccine: string;
  given: boolean;
  date: string;
  lot: string;
}

/**
 * The doses to ask for: what the schedule wants on the day of birth (`due`), and the immunoglobulin
 * where the mother's HBsAg asks for it. What was already answered is kept.
 */
export function birthDoses(
  due: readonly Pick<DueItem, 'group' | 'vaccines'>[],
  birthDate: string,
  motherHbsag: string,
  answered: readonly BirthDose[],
): BirthDose[] {
  const wanted = due.flatMap(({ group, vaccines: [vaccine] }) =>
    vaccine ? [{ group, vaccine }] : [],
  );
  if (motherHbsag === HBSAG_POSITIVE) wanted.push({ group: 'HBIG', vaccine: HBIG });
  return wanted.map(({ group, vaccine }) => {
    const known = answered.find((one) => one.group === group);
    return known ?? { group, vaccine, given: false, date: birthDate, lot: '' };
  });
}

/** The events of those that were given; `place` is the hospital, where it is known. */
export function birthEvents(doses: readonly BirthDose[], place: string): NewEvent<'dose'>[] {
  return doses
    .filter(({ given }) => given)
    .map(({ vaccine, date, lot }) => ({
      kind: 'dose',
      origin: 'history',
      date,
      vaccine,
      self_paid: false,
      ...(lot.trim() && { lot: lot.trim() }),
      ...(place.trim() && { place: place.trim() }),
    }));
}
