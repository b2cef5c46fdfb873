import { expect, it } from 'vitest';
import { databaseOf, type Place, pathOf, placeOf } from './place.ts';

it.each([
  [{ kind: 'clinic', code: '3301020001' }, 'site-3301020001'],
  [{ kind: 'depot', code: '330102' }, 'depot-330102'],
  [{ kind: 'region', code: '330000' }, 'region-330000'],
] satisfies [Place, string][])('%j is kept in %s', (place, database) => {
  expect(databaseOf(place)).toBe(database);
  expect(pathOf(place)).toBe(`/db/${database}`);
  expect(placeOf(database)).toEqual(place);
});

it.each(['catalog', 'site-330102', 'depot-3301020001', 'region-33010', 'site-3301020001x', ''])(
  '%j is no place',
  (database) => {
    expect(placeOf(database)).toBeNull();
  },
);
