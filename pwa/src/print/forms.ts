/**
 * What the printed forms are given: the shapes of `miaopu.printing.forms`, filled from a child's
 * document. Printed by the bridge, or by the browser itself when there is none.
 */

import { type ChildDoc, cards, type Dose, fact, standing } from '../case/document.ts';
import type { Site } from '../models/generated.ts';

export interface ClinicForm {
  name: string;
  phone?: string;
  address?: string;
}

export interface ChildForm {
  name: string;
  code: string;
  sex: 'M' | 'F' | 'U';
  birth_date: string;
}

export interface GivenForm {
  vaccine: string;
  dose?: string;
  lot?: string;
  expiry?: string;
  maker?: string;
  site?: string;
  route?: string;
  vaccinator?: string;
}

export interface NextForm {
  vaccine: string;
  dose?: string;
  earliest?: string;
  by?: string;
}

export interface NoticeForm {
  clinic: ClinicForm;
  child: ChildForm;
  given_on: string;
  given_at?: string;
  given: GivenForm[];
  observe_minutes: number;
  observe_until?: string;
  appointment?: string;
  next: NextForm[];
}

export interface CertificateForm {
  clinic: ClinicForm;
  child: ChildForm & Record<string, unknown>;
  rows: (Omit<GivenForm, 'route'> & { date: string; unit?: string })[];
  variant: 'page' | 'passbook';
  issued_on: string;
}

/** How codes are put into words on the form. */
export interface Words {
  vaccine(code: string): string;
  bodySite(code: string): string;
  route(code: string): string;
  ethnic(code: string): string;
  contraindication(code: string): string;
  place(code: string): string;
  /** Who vaccinated, by the account; the name where it is known. */
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

export function clinicForm(site: Site | null, code: string): ClinicForm {
  return filled({
    name: site?.name ?? code,
    phone: site?.phone ?? '',
    address: site?.address ?? '',
  });
}

/** The child on a slip. A child without a code yet is named by the end of its random id. */
export function childForm(child: ChildDoc): ChildForm {
  return {
    name: fact(child, 'name') ?? '-',
    code: fact(child, 'child_code') ?? child._id.slice('child:'.length),
    sex: fact(child, 'sex') ?? 'U',
    birth_date: fact(child, 'birth_date') ?? '',
  };
}

function givenForm(dose: Dose, number: number | null, words: Words): GivenForm {
  return filled({
    vaccine: words.vaccine(dose.vaccine),
    dose: number === null ? '' : words.nth(number),
    lot: dose.lot ?? '',
    expiry: dose.expiry ?? '',
    maker: dose.maker ?? '',
    site: dose.body_site ? words.bodySite(dose.body_site) : '',
    route: dose.route ? words.route(dose.route) : '',
    vaccinator: words.person(dose.by),
  });
}

/** `HH:MM` some minutes after a time of day. */
export function laterTime(time: string, minutes: number): string {
  const [hours = 0, mins = 0] = time.split(':').map(Number);
  const total = (hours * 60 + mins + minutes) % 1440;
  return `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
}

export interface NoticeInput {
  child: ChildDoc;
  clinic: ClinicForm;
  /** `YYYY-MM-DD` and `HH:MM` of the visit. */
  date: string;
  time: string;
  /** Numbers of the doses by event, as the engine counts them. */
  numbers: ReadonlyMap<string, number | null>;
  next: NextForm[];
  appointment: string | null;
  words: Words;
}

/** 接种告知及预约通知单: what was given on the day, and when to come again. */
export function noticeForm(input: NoticeInput): NoticeForm {
  const { child, date, time, words, numbers } = input;
  const given = standing(child, 'dose')
    .filter(({ event }) => event.date === date && event.origin === 'given')
    .map(({ id, event }) => givenForm(event, numbers.get(id) ?? null, words));
  return filled({
    clinic: input.clinic,
    child: childForm(child),
    given_on: date,
    given_at: time,
    given: given.slice(0, 12),
    observe_minutes: 30,
    observe_until: laterTime(time, 30),
    appointment: input.appointment ?? undefined,
    next: input.next.slice(0, 12),
  }) as NoticeForm;
}

/** 预防接种证 page: the child's data and all doses that stand, in the order of their dates. */
export function certificateForm(input: {
  child: ChildDoc;
  clinic: ClinicForm;
  date: string;
  numbers: ReadonlyMap<string, number | null>;
  words: Words;
}): CertificateForm {
  const { child, words, numbers } = input;
  const rows = standing(child, 'dose')
    .sort((a, b) => a.event.date.localeCompare(b.event.date) || a.id.localeCompare(b.id))
    .map(({ id, event }) => {
      const { route: _, ...row } = givenForm(event, numbers.get(id) ?? null, words);
      const unit =
        event.origin === 'history' && event.place ? event.place : words.place(event.site);
      return { ...row, date: event.date, unit };
    });
  const contraindications = standing(child, 'contraindication')
    .map(({ event }) => words.contraindication(event.code))
    .join('、');
  const ethnic = fact(child, 'ethnic_group');
  return {
    clinic: input.clinic,
    child: filled({
      ...childForm(child),
      id_number: fact(child, 'id_number'),
      birth_weight_g: fact(child, 'birth_weight_g'),
      birth_hospital: fact(child, 'birth_hospital'),
      ethnicity: ethnic ? words.ethnic(ethnic) : '',
      guardian: fact(child, 'mother_name') ?? fact(child, 'father_name'),
      phone: fact(child, 'phone'),
      address: fact(child, 'address'),
      household: fact(child, 'household_address'),
      contraindications,
      card_number: cards(child).at(-1),
    }),
    rows: rows.slice(-40),
    variant: 'page',
    issued_on: input.date,
  };
}
