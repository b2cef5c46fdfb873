import { expect, it } from 'vitest';
import type { Article, Department } from '../models/generated.ts';
import { loadPinyin } from '../workspace/pinyin.ts';
import { find, holdsAt, initials, itemsOf } from './search.ts';

const base = { updated_at: '2026-11-01T00:00:00.000Z', updated_by: 'a', region: '510400' };
const article = (name: string, kind: Article['kind'], title: string, body: string, more = {}) =>
  ({
    _id: `article:${name}`,
    type: 'article',
    name,
    kind,
    title,
    body,
    published: '2026-01-01',
    ...base,
    ...more,
  }) as Article;
const cdc = {
  _id: 'department:cdc',
  type: 'department',
  name: 'cdc',
  title: '县疾控中心',
  phone: '0812-1234567',
  ...base,
} as Department;
const all = itemsOf(
  [
    article('a', 'law', '疫苗管理法', '第四十五条 医疗卫生人员应当告知'),
    article('b', 'article', '接种后发热怎么办', '多喝水'),
    article('c', 'notice', '告知书更换', '新版', { published: '2026-11-01' }),
    article('d', 'notice', '旧通知', '', { withdrawn: true }),
    article('e', 'notice', '外省通知', '', { region: '330000' }),
  ],
  [cdc],
  '5104110001',
);
const pinyin = await loadPinyin();

it('what a region says is shown below it, notices first, and not once it is withdrawn', () => {
  expect(all.map(({ title }) => title)).toEqual([
    '告知书更换',
    '疫苗管理法',
    '接种后发热怎么办',
    '县疾控中心',
  ]);
  expect(holdsAt('510000', '5104110001')).toBe(true);
  expect(holdsAt('510411', '5104120001')).toBe(false);
});

it('is found by title, by text and by the first letters of the title', () => {
  const titles = (query: string) => find(all, query, pinyin).map(({ title }) => title);
  expect(titles('告知')).toEqual(['告知书更换', '疫苗管理法']);
  expect(titles('ymglf')).toEqual(['疫苗管理法']);
  expect(titles('0812')).toEqual(['县疾控中心']);
  expect(titles('第四十五条 告知')).toEqual(['疫苗管理法']);
  expect(titles('nothing')).toEqual([]);
  expect(titles('')).toHaveLength(4);
  expect(initials('疫苗管理法', pinyin)).toBe('ymglf');
});
