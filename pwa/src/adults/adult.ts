/** An adult's card file (成人档案): no guardian, no school, no residents' committee. */

import type { FactsPatch } from '../case/document.ts';
import { parseIdNumber } from '../case/idnumber.ts';

export interface AdultForm {
  name: string;
  sex: 'M' | 'F' | '';
  birthDate: string;
  /** 证件类型; `01` 居民身份证. */
  type: string;
  number: string;
  phone: string;
  address: string;
}

export const ID_CARD = '01';
/** 暂未获取. */
const NONE_YET = '88';

export const emptyAdult = (): AdultForm => ({
  name: '',
  sex: '',
  birthDate: '',
  type: ID_CARD,
  number: '',
  phone: '',
  address: '',
});

export type AdultFault = 'name' | 'sex' | 'birthDate' | 'number' | 'phone';

/** What an ID card's number says, for fields that are empty. */
export function filled(form: AdultForm): AdultForm {
  const read = form.type === ID_CARD ? parseIdNumber(form.number) : null;
  if (!read) return form;
  return { ...form, birthDate: form.birthDate || read.birthDate, sex: form.sex || read.sex };
}

export function adultFaults(form: AdultForm, today: string): AdultFault[] {
  const wrong: AdultFault[] = [];
  if (!form.name.trim()) wrong.push('name');
  if (!form.sex) wrong.push('sex');
  if (!form.birthDate || form.birthDate > today) wrong.push('birthDate');
  const number = form.number.trim();
  const isRight =
    form.type === ID_CARD
      ? parseIdNumber(number) !== null
      : form.type === NONE_YET || /^[0-9A-Za-z()-]{4,32}$/.test(number);
  if (!isRight) wrong.push('number');
  if (form.phone.trim() && !/^[0-9+ -]{5,20}$/.test(form.phone.trim())) wrong.push('phone');
  return wrong;
}

export function adultFacts(form: AdultForm): FactsPatch {
  const number = form.number.trim();
  const isCard = form.type === ID_CARD;
  return {
    person: 'adult',
    name: form.name.trim(),
    sex: form.sex || 'U',
    birth_date: form.birthDate,
    document_type: form.type,
    id_number: isCard ? number.toUpperCase() : null,
    document_number: isCard || !number ? null : number,
    phone: form.phone.trim() || null,
    address: form.address.trim() || null,
  };
}
