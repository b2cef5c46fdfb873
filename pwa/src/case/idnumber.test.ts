import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkDigit, isCalendarDate, parseIdNumber } from './idnumber.ts';

it('reads the example of GB 11643', () => {
  expect(parseIdNumber('11010519491231002X')).toEqual({
    region: '110105',
    birthDate: '1949-12-31',
    sex: 'F',
  });
  expect(parseIdNumber('440524188001010014')).toMatchObject({ birthDate: '1880-01-01', sex: 'M' });
});

it.each([
  '',
  '11010519491231002',
  '110105194912310021',
  '11010519490231002X',
  '1101051949123100XX',
])('refuses %j', (text) => expect(parseIdNumber(text)).toBeNull());

it('notices every single wrong digit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
      const good = '11010519491231002X';
      const digit = (Number(good[at]) + by) % 10;
      const bad = good.slice(0, at) + digit + good.slice(at + 1);
      expect(checkDigit(bad)).not.toBe('X');
    }),
  );
});

it('knows the calendar', () => {
  expect(isCalendarDate('2024-02-29')).toBe(true);
  for (const text of ['2023-02-29', '2024-13-01', '2024-1-1', 'today']) {
    expect(isCalendarDate(text)).toBe(false);
  }
});
