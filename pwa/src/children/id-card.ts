/** What an ID card (身份证) fills into a child's card: the child's own, or a parent's. */

import type { IdCard } from '../devices/generated.ts';
import type { FactsForm } from './facts-form.ts';

/** Whose card it is: a grown person's is a parent's, until somebody says otherwise (成人接种). */
export type Whose = 'child' | 'mother' | 'father';

const GROWN_YEARS = 18;

/** The whole years from one day to another. */
function years(from: string, to: string): number {
  const whole = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return to.slice(5) < from.slice(5) ? whole - 1 : whole;
}

export function whoseCard(card: IdCard, today: string): Whose {
  if (years(card.birth_date, today) < GROWN_YEARS) return 'child';
  return card.sex === 'M' ? 'father' : 'mother';
}

/** The fields that the card fills, over what was typed there; addresses only where none is. */
export function filledFromCard(form: FactsForm, card: IdCard, whose: Whose): Partial<FactsForm> {
  const addresses: Partial<FactsForm> = {
    household_address: card.address,
    ...(form.address === '' && { address: card.address }),
  };
  switch (whose) {
    case 'child':
      return {
        name: card.name,
        sex: card.sex,
        birth_date: card.birth_date,
        id_number: card.number,
        ethnic_group: card.nation,
        ...addresses,
      };
    case 'mother':
      return { mother_name: card.name, mother_id_number: card.number, ...addresses };
    case 'father':
      return { father_name: card.name, ...addresses };
  }
}
