import { describe, expect, it } from 'vitest';
import type { ChildRow } from '../workspace/row.ts';
import { dayText, matched, pupilsOf, pupilsTyped } from './roster';

describe('a list of a school', () => {
  it('is read wherever its headings stand and whatever they are called', () => {
    const rows = [
      ['苗圃县实验幼儿园 2026 年新生名单', '', '', ''],
      ['序号', '学生姓名', '性别', '出生日期', '身份证件号码', '班级', '是否有证'],
      ['1', '王苗苗', '女', '2023/3/5', '411001202303050021', '小一班', '有'],
      ['2', '李 明', '男', '20230401', '4.11001E+17', '小二班', '无'],
      ['', '', '', '', '', '', ''],
    ];
    expect(pupilsOf(rows)).toEqual([
      {
        name: '王苗苗',
        sex: 'F',
        birthDate: '2023-03-05',
        idNumber: '411001202303050021',
        code: null,
        className: '小一班',
        certificate: true,
      },
      {
        name: '李 明',
        sex: 'M',
        birthDate: '2023-04-01',
        // A number that the spreadsheet broke names nobody.
        idNumber: null,
        code: null,
        className: '小二班',
        certificate: false,
      },
    ]);
    expect(
      pupilsOf([
        ['a', 'b'],
        ['c', 'd'],
      ]),
    ).toEqual([]);
  });

  it('is typed, a child a line', () => {
    const [one, two] = pupilsTyped(
      '王苗苗 2023-03-05 女 小一班\n李明，411001202304010013 无证\n\n',
    );
    expect(one).toMatchObject({
      name: '王苗苗',
      birthDate: '2023-03-05',
      sex: 'F',
      className: '小一班',
    });
    expect(two).toMatchObject({ name: '李明', idNumber: '411001202304010013', certificate: false });
  });

  it('takes no day for a day that is none', () => {
    expect(dayText('2023年3月5日')).toBe('2023-03-05');
    for (const text of ['2023-02-30', '44991', '5/3/2023', '']) expect(dayText(text)).toBeNull();
  });
});

describe('a pupil', () => {
  const row = (more: Partial<ChildRow>) =>
    ({
      id: 'a',
      name: '王苗苗',
      sex: 'F',
      birthDate: '2023-03-05',
      code: null,
      idNumber: null,
      ...more,
    }) as ChildRow;
  const [pupil] = pupilsTyped('王苗苗 2023-03-05 女');
  const find = (rows: ChildRow[], who = pupil) => (who ? matched(who, () => rows) : null);

  it('is who has the number, or the only one of that name and birth date', () => {
    expect(find([row({})])?.child?.id).toBe('a');
    const [numbered] = pupilsTyped('别名 411001202303050021');
    expect(find([row({ idNumber: '411001202303050021' })], numbered)?.child?.id).toBe('a');
  });

  it('is left to a person where two may be meant, or only the name is known', () => {
    const two = find([row({}), row({ id: 'b' })]);
    expect([two?.child, two?.doubt.length]).toEqual([null, 2]);
    const [bare] = pupilsTyped('王苗苗');
    expect(find([row({})], bare)).toMatchObject({ child: null, doubt: [{ id: 'a' }] });
    expect(find([row({ birthDate: '2023-03-06' })])).toMatchObject({ child: null, doubt: [] });
  });
});
