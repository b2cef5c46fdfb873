import { describe, expect, it } from 'vitest';
import type { IdCard } from '../devices/generated.ts';
import { emptyFacts, errorsOf } from './facts-form';
import { filledFromCard, whoseCard } from './id-card';

const TODAY = '2026-11-29';
const CHILD: IdCard = {
  at: '2026-11-29T01:00:00.000Z',
  type: 'id_card',
  reader: 'id',
  name: '王苗苗',
  sex: 'F',
  nation: '01',
  birth_date: '2026-03-15',
  address: '某县城关镇人民路 1 号',
  number: '410102202603150025',
  issuer: '某县公安局',
  valid_from: '2026-04-01',
  valid_until: '2031-04-01',
};
const MOTHER: IdCard = { ...CHILD, name: '李兰', birth_date: '1998-11-29', number: '41' };

describe('an ID card', () => {
  it("is the child's own below 18, a parent's from then on", () => {
    expect(whoseCard(CHILD, TODAY)).toBe('child');
    expect(whoseCard(MOTHER, TODAY)).toBe('mother');
    expect(whoseCard({ ...MOTHER, sex: 'M' }, TODAY)).toBe('father');
    expect(whoseCard({ ...MOTHER, birth_date: '2008-11-29' }, TODAY)).toBe('mother');
    expect(whoseCard({ ...MOTHER, birth_date: '2008-11-30' }, TODAY)).toBe('child');
  });

  it('fills the form over what was typed, and only an empty address', () => {
    const typed = { ...emptyFacts(), name: '王苗', address: '幸福里 2 号' };
    const form = { ...typed, ...filledFromCard(typed, CHILD, 'child') };
    expect(form).toMatchObject({
      name: '王苗苗',
      sex: 'F',
      birth_date: '2026-03-15',
      id_number: CHILD.number,
      ethnic_group: '01',
      address: '幸福里 2 号',
      household_address: CHILD.address,
    });
    expect(errorsOf(form, TODAY).name).toBeUndefined();
  });

  it("of a parent leaves the child's own facts alone", () => {
    const blank = emptyFacts();
    expect(filledFromCard(blank, MOTHER, 'mother')).toEqual({
      mother_name: '李兰',
      mother_id_number: '41',
      household_address: CHILD.address,
      address: CHILD.address,
    });
    expect(filledFromCard(blank, MOTHER, 'father')).not.toHaveProperty('name');
  });
});
