/** What a newborn was given at the birth hospital (出生医院已种), asked for once as the child is registered. */

import type { NewEvent } from '../case/document.ts';
import type { DueItem } from '../forecast/plan.ts';

/** 乙型肝炎人免疫球蛋白: for the child of a mother with HBsAg. */
const HBIG = '3901';
/** 阳性, 未查: the child of either is protected as that of a mother with HBsAg. */
const HBSAG_ASKS: ReadonlySet<string> = new Set(['1', '3']);

export interface BirthDose {
  group: string;
  vaccine: string;
  given: boolean;
  date: string;
  /** `HH:MM`, empty where it is not known: the first of HepB is on time within a day (首针及时). */
  time: string;
  lot: string;
}

/**
 * The doses to ask for: what the schedule wants on the day of birth (`due`), and the immunoglobulin
 * where the mother's HBsAg, positive or not tested, asks for it. What was already answered is kept.
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
  if (HBSAG_ASKS.has(motherHbsag)) wanted.push({ group: 'HBIG', vaccine: HBIG });
  return wanted.map(({ group, vaccine }) => {
    const known = answered.find((one) => one.group === group);
    return known ?? { group, vaccine, given: false, date: birthDate, time: '', lot: '' };
  });
}

/** The events of those that were given; `place` is the hospital, where it is known. */
export function birthEvents(doses: readonly BirthDose[], place: string): NewEvent<'dose'>[] {
  return doses
    .filter(({ given }) => given)
    .map(({ vaccine, date, time, lot }) => ({
      kind: 'dose',
      origin: 'history',
      date,
      vaccine,
      self_paid: false,
      ...(/^([01]\d|2[0-3]):[0-5]\d$/.test(time) && { time }),
      ...(lot.trim() && { lot: lot.trim() }),
      ...(place.trim() && { place: place.trim() }),
    }));
}
