/** What a birth hospital's desk (产科接种台) asks for, and the case and events that it makes. */

import type { FactsPatch, NewEvent } from '../case/document.ts';
import { parseIdNumber } from '../case/idnumber.ts';
import type { Lot } from '../case/lots.ts';

export interface NewbornDose {
  group: string;
  vaccine: string;
  /** Products of the group, any of which may be in the fridge. */
  vaccines: string[];
  given: boolean;
  /** `HH:MM`. */
  time: string;
  date: string;
  /** Key among the lots at hand. */
  lot: string;
  /** 未种原因, of the dictionary `not-given-reason`. */
  reason: string;
}

export interface NewbornForm {
  mother: string;
  motherId: string;
  phone: string;
  hbsag: string;
  address: string;
  name: string;
  sex: 'M' | 'F' | '';
  birthDate: string;
  birthTime: string;
  weight: string;
  weeks: string;
  parity: string;
  home: string;
}

export function emptyNewborn(today: string): NewbornForm {
  return {
    mother: '',
    motherId: '',
    phone: '',
    hbsag: '',
    address: '',
    name: '',
    sex: '',
    birthDate: today,
    birthTime: '',
    weight: '',
    weeks: '',
    parity: '',
    home: '',
  };
}

export type NewbornFault =
  | 'mother'
  | 'motherId'
  | 'phone'
  | 'hbsag'
  | 'sex'
  | 'birthDate'
  | 'birthTime'
  | 'weight'
  | 'weeks'
  | 'doses';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const within = (text: string, least: number, most: number): boolean =>
  /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;

/** Instants by the clock on the wall, compared as texts. */
const moment = (date: string, time: string): string => `${date} ${time}`;

/** What is missing or wrong; a dose is given with its lot and hour, or has a reason. */
export function faultsOf(
  form: NewbornForm,
  doses: readonly NewbornDose[],
  now: { date: string; time: string },
): NewbornFault[] {
  const wrong: NewbornFault[] = [];
  const check = (name: NewbornFault, isRight: boolean) => {
    if (!isRight) wrong.push(name);
  };
  check('mother', form.mother.trim() !== '');
  check('motherId', form.motherId.trim() === '' || parseIdNumber(form.motherId) !== null);
  check('phone', form.phone.trim() === '' || /^[0-9+ -]{5,20}$/.test(form.phone.trim()));
  check('hbsag', form.hbsag !== '');
  check('sex', form.sex !== '');
  check('birthDate', form.birthDate !== '' && form.birthDate <= now.date);
  check(
    'birthTime',
    TIME.test(form.birthTime) &&
      moment(form.birthDate, form.birthTime) <= moment(now.date, now.time),
  );
  check('weight', within(form.weight, 200, 9000));
  check('weeks', form.weeks.trim() === '' || within(form.weeks, 20, 45));
  const born = moment(form.birthDate, form.birthTime);
  const latest = moment(now.date, now.time);
  check(
    'doses',
    doses.every(({ given, time, date, lot, reason }) => {
      if (!given) return reason !== '';
      const at = moment(date, time);
      return TIME.test(time) && lot !== '' && at >= born && at <= latest;
    }),
  );
  return wrong;
}

/** A newborn that has no name yet is called by the mother's (某某之子). */
export function nameOf(
  form: NewbornForm,
  unnamed: (mother: string, sex: 'M' | 'F') => string,
): string {
  return form.name.trim() || unnamed(form.mother.trim(), form.sex || 'F');
}

export function newbornFacts(
  form: NewbornForm,
  about: { name: string; hospital: string; parity: string },
): FactsPatch {
  return {
    name: about.name,
    sex: form.sex || 'U',
    birth_date: form.birthDate,
    birth_time: form.birthTime,
    birth_weight_g: Number(form.weight),
    gestation_weeks: form.weeks.trim() ? Number(form.weeks) : null,
    mother_name: form.mother.trim(),
    mother_id_number: form.motherId.trim().toUpperCase() || null,
    mother_hbsag: form.hbsag,
    phone: form.phone.trim() || null,
    address: form.address.trim() || null,
    birth_hospital: about.hospital,
    residence: '1',
    register_status: '1',
    remark: about.parity || null,
  };
}

/** Doses that were given here, from the hospital's own lots; reasons of those that were not. */
export function newbornEvents(
  doses: readonly NewbornDose[],
  today: string,
  lotOf: (key: string) => Lot | null,
  usage: (vaccine: string) => { route: string; bodySite: string },
): NewEvent[] {
  return doses.map(({ vaccine, given, date, time, lot: key, reason }): NewEvent => {
    if (!given) return { kind: 'not_given', date: today, vaccine, number: 1, reason };
    const lot = lotOf(key);
    // Which product of the group was given the lot says.
    const product = lot?.vaccine ?? vaccine;
    const { route, bodySite } = usage(product);
    return {
      kind: 'dose',
      origin: 'given',
      date,
      time,
      vaccine: product,
      number: 1,
      ...(lot && { lot: lot.lot, expiry: lot.expiry, maker: lot.maker }),
      route,
      body_site: bodySite,
      self_paid: false,
    };
  });
}
