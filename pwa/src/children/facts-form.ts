/** The card's fields (基本资料) as texts of a form, and back. */

import { type ChildDoc, type FactsPatch, fact } from '../case/document.ts';
import { parseIdNumber } from '../case/idnumber.ts';
import { type FamilyFacts, sameFamily } from '../case/joined.ts';
import { comparableName } from '../case/name.ts';

export const TEXT_FIELDS = [
  'name',
  'id_number',
  'birth_certificate',
  'mother_name',
  'mother_id_number',
  'father_name',
  'phone',
  'phone_2',
  'address',
  'household_address',
  'committee',
  'birth_hospital',
  'school',
  'remark',
] as const;
export const CODE_FIELDS = [
  'ethnic_group',
  'residence',
  'register_status',
  'mother_hbsag',
  'mother_hiv',
] as const;
export const NUMBER_FIELDS = ['birth_weight_g', 'gestation_weeks'] as const;

export type FactsForm = Record<
  (typeof TEXT_FIELDS)[number] | (typeof CODE_FIELDS)[number] | (typeof NUMBER_FIELDS)[number],
  string
> & { sex: 'M' | 'F' | 'U' | ''; birth_date: string };

export function emptyFacts(): FactsForm {
  const blank = Object.fromEntries(
    [...TEXT_FIELDS, ...CODE_FIELDS, ...NUMBER_FIELDS].map((name) => [name, '']),
  );
  return { ...blank, sex: '', birth_date: '' } as FactsForm;
}

export function factsOf(child: ChildDoc): FactsForm {
  const form = emptyFacts();
  for (const name of [...TEXT_FIELDS, ...CODE_FIELDS, ...NUMBER_FIELDS]) {
    form[name] = String(fact(child, name) ?? '');
  }
  form.sex = fact(child, 'sex') ?? '';
  form.birth_date = fact(child, 'birth_date') ?? '';
  return form;
}

/** What is typed, as values; a field that was emptied becomes null. */
export function patchOf(form: FactsForm): FactsPatch {
  const patch: Record<string, unknown> = {
    sex: form.sex || null,
    birth_date: form.birth_date || null,
  };
  for (const name of TEXT_FIELDS) {
    const text = form[name].trim();
    patch[name] = (name.endsWith('id_number') ? text.toUpperCase() : text) || null;
  }
  for (const name of CODE_FIELDS) patch[name] = form[name] || null;
  for (const name of NUMBER_FIELDS) patch[name] = form[name].trim() ? Number(form[name]) : null;
  return patch as FactsPatch;
}

/** What an ID number says of birth date and sex, for fields that are empty. */
export function filledFromId(form: FactsForm): Partial<FactsForm> {
  const read = parseIdNumber(form.id_number);
  if (!read) return {};
  return {
    ...(form.birth_date === '' && { birth_date: read.birthDate }),
    ...(form.sex === '' && { sex: read.sex }),
  };
}

export type FactsError =
  | 'required'
  | 'idNumber'
  | 'idBirth'
  | 'idSex'
  | 'future'
  | 'phone'
  | 'weight'
  | 'weeks'
  | 'tooLong'
  | 'machine';

/** Signs of a card's track, or two digits together (twins may have one): a reader typed that. */
const MACHINE_TYPED = /[;?=%；？＝％]|[0-9０-９]{2}/;

/** What is wrong with which field; the database's own rules, said while typing. */
export function errorsOf(
  form: FactsForm,
  today: string,
): Partial<Record<keyof FactsForm, FactsError>> {
  const errors: Partial<Record<keyof FactsForm, FactsError>> = {};
  if (!form.name.trim()) errors.name = 'required';
  else if ([...form.name.trim()].length > 50) errors.name = 'tooLong';
  else if (MACHINE_TYPED.test(form.name)) errors.name = 'machine';
  if (!form.birth_date) errors.birth_date = 'required';
  else if (form.birth_date > today) errors.birth_date = 'future';
  if (!form.sex) errors.sex = 'required';
  for (const name of ['id_number', 'mother_id_number'] as const) {
    if (form[name].trim() && !parseIdNumber(form[name])) errors[name] = 'idNumber';
  }
  const read = parseIdNumber(form.id_number);
  if (read && form.birth_date && read.birthDate !== form.birth_date) errors.id_number = 'idBirth';
  else if (read && form.sex && form.sex !== 'U' && read.sex !== form.sex)
    errors.id_number = 'idSex';
  for (const name of ['phone', 'phone_2'] as const) {
    if (form[name].trim() && !/^[0-9+ -]{5,20}$/.test(form[name].trim())) errors[name] = 'phone';
  }
  const grams = Number(form.birth_weight_g);
  if (form.birth_weight_g.trim() && !(Number.isInteger(grams) && grams >= 200 && grams <= 9000)) {
    errors.birth_weight_g = 'weight';
  }
  const weeks = Number(form.gestation_weeks);
  if (form.gestation_weeks.trim() && !(Number.isInteger(weeks) && weeks >= 20 && weeks <= 45)) {
    errors.gestation_weeks = 'weeks';
  }
  return errors;
}

/** Children who may be the same: this ID number, this name and birth date, or this family (疑似重复建档). */
export function lookAlikes<
  T extends FamilyFacts & { id: string; name: string; birthDate: string | null },
>(form: FactsForm, candidates: readonly T[]): T[] {
  const idNumber = form.id_number.trim().toUpperCase();
  const name = comparableName(form.name);
  const family: FamilyFacts = {
    birthDate: form.birth_date || null,
    mother: form.mother_name.trim() || null,
    phone: form.phone.trim() || null,
    sex: form.sex || null,
    idNumber: idNumber || null,
  };
  return candidates.filter(
    (row) =>
      (idNumber !== '' && row.idNumber === idNumber) ||
      (name !== '' &&
        comparableName(row.name) === name &&
        form.birth_date !== '' &&
        row.birthDate === form.birth_date) ||
      sameFamily(family, row),
  );
}
