/**
 * What the printed forms are given: the shapes of `miaopu.printing.forms`, filled from a child's
 * document. Printed by the bridge, or by the browser itself when there is none.
 */

import { certificateOf } from '../case/certificate.ts';
import { type ChildDoc, cards, type Dose, fact, standing } from '../case/document.ts';
import { wallClock } from '../clock/clock.ts';
import type { Site } from '../models/generated.ts';
import {
  type BookletLayout,
  type CertificatePage,
  type CertificateRow,
  type Child,
  type Clinic,
  type GivenDose,
  type NextDose,
  type Notice,
  OBSERVE_MINUTES,
} from './generated.ts';

/** How codes are put into words on the form. */
export interface Words {
  vaccine(code: string): string;
  /** The short name, where a line is narrow. */
  vaccineShort(code: string): string;
  bodySite(code: string): string;
  route(code: string): string;
  ethnic(code: string): string;
  contraindication(code: string): string;
  place(code: string): string;
  /** The name of who vaccinated (实名), by the account; empty where it is not known here. */
  person(account: string): string;
  /** 第 n 剂. */
  nth(number: number): string;
}

/** Fields without a value are left out. */
function filled<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, field]) => field !== undefined && field !== null && field !== '',
    ),
  ) as T;
}

export function clinicForm(site: Site | null, code: string): Clinic {
  return filled({
    name: site?.name ?? code,
    phone: site?.phone ?? '',
    address: site?.address ?? '',
  });
}

/** The child on a slip. A child without a code yet is named by the end of its random id. */
export function childForm(child: ChildDoc): Child {
  return {
    name: fact(child, 'name') ?? '-',
    code: fact(child, 'child_code') ?? child._id.slice('child:'.length),
    sex: fact(child, 'sex') ?? 'U',
    birth_date: fact(child, 'birth_date') ?? '',
  };
}

function givenForm(dose: Dose, number: number | null, words: Words): GivenDose {
  return filled({
    vaccine: words.vaccine(dose.vaccine),
    dose: number === null ? '' : words.nth(number),
    lot: dose.lot ?? '',
    expiry: dose.expiry ?? '',
    maker: dose.maker ?? '',
    site: dose.body_site ? words.bodySite(dose.body_site) : '',
    route: dose.route ? words.route(dose.route) : '',
    // Who wrote down an old dose (补录) is not who gave it.
    vaccinator: dose.origin === 'given' ? words.person(dose.by) : '',
  });
}

/** `HH:MM` of an instant, by the clock on the wall. */
export function wallTime(instant: Date): string {
  return wallClock(instant.getTime()).time;
}

/** The medical advice that was given at the pre-check of a day (医学建议). */
function adviceOn(child: ChildDoc, date: string): string {
  const asked = standing(child, 'precheck').filter(({ event }) => event.date === date);
  return asked.at(-1)?.event.advice ?? '';
}

export interface NoticeInput {
  child: ChildDoc;
  clinic: Clinic;
  /** `YYYY-MM-DD`. */
  date: string;
  /** Numbers of the doses by event, as the engine counts them. */
  numbers: ReadonlyMap<string, number | null>;
  next: NextDose[];
  appointment: string | null;
  words: Words;
}

/**
 * 接种告知及预约通知单: what was given on the day, until when to stay, and when to come again; a day
 * without a dose makes a plain 预约单 of it. Its times are the record's, whenever it is printed.
 */
export function noticeForm(input: NoticeInput): Notice {
  const { child, date, words, numbers } = input;
  const doses = standing(child, 'dose').filter(
    ({ event }) => event.date === date && event.origin === 'given',
  );
  const last = Math.max(...doses.map(({ event }) => Date.parse(event.at)));
  return filled({
    clinic: input.clinic,
    child: childForm(child),
    given_on: date,
    given: doses.map(({ id, event }) => givenForm(event, numbers.get(id) ?? null, words)),
    ...(doses.length > 0 && {
      given_at: wallTime(new Date(last)),
      observe_minutes: OBSERVE_MINUTES,
      observe_until: wallTime(new Date(last + OBSERVE_MINUTES * 60_000)),
    }),
    appointment: input.appointment ?? '',
    next: input.next,
    remark: adviceOn(child, date),
  });
}

/**
 * 预防接种证 page: the child's data and all doses that stand, in the order of their dates. `passbook`
 * is the bound booklet, whose columns are narrow.
 */
export function certificateForm(input: {
  child: ChildDoc;
  clinic: Clinic;
  date: string;
  numbers: ReadonlyMap<string, number | null>;
  words: Words;
  variant: 'page' | 'passbook';
  /** Of the booklet: which doses, and the line of each. */
  lines?: ReadonlyMap<string, number>;
  layout?: BookletLayout;
  /** Of the booklet: the child's page, too. */
  withChild?: boolean;
}): CertificatePage {
  const { child, words, numbers, variant, lines } = input;
  const narrow = variant === 'passbook';
  const rows = standing(child, 'dose')
    .filter(({ id }) => !lines || lines.has(id))
    .sort((a, b) => a.event.date.localeCompare(b.event.date) || a.id.localeCompare(b.id))
    .map(({ id, event }): CertificateRow => {
      const { route: _, ...row } = givenForm(event, numbers.get(id) ?? null, words);
      const unit = event.origin === 'history' ? event.place : words.place(event.site);
      const vaccine = narrow ? words.vaccineShort(event.vaccine) : row.vaccine;
      const number = numbers.get(id) ?? null;
      const dose = narrow && number !== null ? String(number) : row.dose;
      return filled({
        ...row,
        vaccine,
        dose,
        date: event.date,
        unit: unit ?? '',
        line: lines?.get(id),
      });
    });
  const contraindications = standing(child, 'contraindication')
    .map(({ event }) => words.contraindication(event.code))
    .join('、');
  const ethnic = fact(child, 'ethnic_group');
  return {
    clinic: input.clinic,
    child: filled({
      ...childForm(child),
      id_number: fact(child, 'id_number') ?? '',
      birth_weight_g: fact(child, 'birth_weight_g') ?? undefined,
      birth_hospital: fact(child, 'birth_hospital') ?? '',
      ethnicity: ethnic ? words.ethnic(ethnic) : '',
      guardian: fact(child, 'mother_name') ?? fact(child, 'father_name') ?? '',
      phone: fact(child, 'phone') ?? '',
      address: fact(child, 'address') ?? '',
      household: fact(child, 'household_address') ?? '',
      contraindications,
      card_number: cards(child).at(-1) ?? '',
      card_date: certificateOf(child)?.date ?? '',
    }),
    rows,
    variant,
    ...(narrow && { with_child: input.withChild ?? false }),
    ...(input.layout && { layout: input.layout }),
    issued_on: input.date,
  };
}
