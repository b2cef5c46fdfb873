import { describe, expect, it } from 'vitest';
import type { Entry } from '../models/generated.ts';
import { leafletOf, oppositeSite, sitesFor, usageOf, versionOf } from './vaccines';

const bcg: Entry = {
  zh: '卡介苗',
  en: 'BCG',
  more: { route: 'id', site: 'left_upper_arm', programme: true, leaflet: 'bcg' },
};
const words = { prevents: 'TB', contraindications: [], reactions: [], notes: [] };

describe('usageOf', () => {
  it('takes route, site and charge from the dictionary', () => {
    expect(usageOf(bcg)).toEqual({
      route: 'id',
      bodySite: 'left_upper_arm',
      selfPaid: false,
      amount: '',
    });
    expect(
      usageOf({ ...bcg, more: { programme: false, dose: { zh: '0.1 mL', en: '0.1 mL' } } }),
    ).toEqual({
      route: '',
      bodySite: '',
      selfPaid: true,
      amount: '0.1 mL',
    });
    expect(usageOf(undefined)).toEqual({ route: '', bodySite: '', selfPaid: false, amount: '' });
  });
});

describe('oppositeSite', () => {
  it('is the other side, if there is one', () => {
    const known = { left_thigh: 1, right_thigh: 1, mouth: 1, left_hip: 1 };
    expect(oppositeSite('left_thigh', known)).toBe('right_thigh');
    expect(oppositeSite('right_thigh', known)).toBe('left_thigh');
    expect(oppositeSite('mouth', known)).toBeNull();
    expect(oppositeSite('left_hip', known)).toBeNull();
  });
});

describe('leafletOf', () => {
  it('is found by the key of the vaccine', () => {
    const leaflets = { bcg: { zh: '卡', en: 'B', more: { zh: words, en: words } } };
    expect(leafletOf(bcg, leaflets, 'zh')).toEqual(words);
    expect(leafletOf(undefined, leaflets, 'zh')).toBeNull();
    expect(leafletOf(bcg, {}, 'en')).toBeNull();
  });
});

describe('sitesFor', () => {
  const known = ['left_upper_arm', 'left_thigh', 'left_buttock', 'mouth'];

  it('offers what the route allows, and what is already chosen', () => {
    expect(sitesFor('im', 'left_thigh', known)).toEqual(['left_upper_arm', 'left_thigh']);
    expect(sitesFor('im', 'left_buttock', known)).toContain('left_buttock');
    expect(sitesFor('oral', 'mouth', known)).toEqual(['mouth']);
  });
});

it('names another text by another version', () => {
  const leaflet = { prevents: '甲', contraindications: [], reactions: [], notes: [] };
  expect(versionOf(leaflet)).toBe(versionOf({ ...leaflet }));
  expect(versionOf(leaflet)).not.toBe(versionOf({ ...leaflet, prevents: '乙' }));
  expect(versionOf(null)).toMatch(/^[0-9a-f]{8}$/);
});
