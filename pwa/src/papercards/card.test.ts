import { describe, expect, it } from 'vitest';
import {
  type Card,
  candidates,
  choices,
  doses,
  emptyCard,
  emptyLine,
  headProblems,
  keyed,
  newEvents,
  problems,
  repeatedLot,
  typedDate,
} from './card.ts';
import { compare, errorRate, sample } from './double.ts';

const TODAY = '2026-11-29';
const AROUND = { today: TODAY, birth: '2024-01-05', above: null, follows: false };
const entry = (zh: string, en: string, more: object = {}) => ({
  zh,
  en,
  more: { short: { zh, en }, route: 'im', ...more },
});
const VACCINES = {
  '0101': entry('卡介苗', 'BCG'),
  '0201': entry('乙肝(CHO)', 'HepB-CHO'),
  '0202': entry('乙肝(酵母)', 'HepB-SCY'),
  '0301': entry('tOPV', 'tOPV', { in_use: false }),
  '0402': entry('百白破', 'DTaP'),
  '3901': entry('乙肝球蛋白', 'HBIG', { kind: 'other', programme: false }),
};
const PINYIN: Record<string, string> = {
  卡: 'ka',
  介: 'jie',
  苗: 'miao',
  乙: 'yi',
  肝: 'gan',
  酵: 'jiao',
  母: 'mu',
  百: 'bai',
  白: 'bai',
  破: 'po',
};
const all = keyed(
  VACCINES,
  (text) =>
    (text.match(/\p{Script=Han}|\p{Script=Latin}+/gu) ?? []).map((one) => [PINYIN[one] ?? one]),
  'zh',
);
const CONTEXT = { routes: Object.fromEntries(Object.keys(VACCINES).map((code) => [code, 'im'])) };

function card(...lines: [code: string, date: string, lot?: string][]): Card {
  return {
    ...emptyCard(),
    ...{ name: '张三', sex: '1', birth: '240105', mother: '李四' },
    lines: lines.map(([code, date, lot = '']) => ({
      ...emptyLine(),
      code,
      vaccine: code,
      date,
      lot,
    })),
  };
}

describe('a day by its digits', () => {
  it.each([
    ['20240210', '2024-02-10'],
    ['240210', '2024-02-10'],
    ['0210', '2024-02-10'],
    ['2-10', '2024-02-10'],
    ['０２１０', '2024-02-10'],
    ['2024年2月10日', '2024-02-10'],
    ['0230', null],
    ['1305', null],
    ['', null],
  ])('%s is %s', (text, day) => {
    expect(typedDate(text, AROUND)).toBe(day);
  });

  it('carries the year down from the line above', () => {
    expect(typedDate('0301', { ...AROUND, above: '2025-06-01' })).toBe('2025-03-01');
  });

  it('is of the next year where it would be before the dose that it follows', () => {
    expect(typedDate('0110', { ...AROUND, above: '2024-12-01', follows: true })).toBe('2025-01-10');
  });

  it('is of the next year where it would be before the birth', () => {
    expect(typedDate('0101', AROUND)).toBe('2025-01-01');
  });

  it('has no year without anything above it', () => {
    expect(typedDate('0210', { ...AROUND, birth: null })).toBeNull();
  });
});

describe('a vaccine by a few keys', () => {
  const codes = (typed: string, last: string[] = []) =>
    choices(typed, all, last).map(({ code }) => code);

  it('is found by code, initials of its pinyin, or short name', () => {
    expect(codes('kjm')).toEqual(['0101']);
    expect(codes('0402')).toEqual(['0402']);
    expect(codes('dtap')).toEqual(['0402']);
    expect(codes('百')).toEqual(['0402']);
    expect(codes('bbp')).toEqual(['0402']);
    expect(codes('')).toEqual([]);
  });

  it('is first the one that was chosen last', () => {
    expect(codes('yg')).toEqual(['0201', '0202', '3901']);
    expect(codes('yg', ['0202'])).toEqual(['0202', '0201', '3901']);
  });
});

describe('a card', () => {
  it('numbers the doses of a series, also of other products of it', () => {
    const read = doses(card(['0201', '0105'], ['0101', '0105'], ['0202', '0210']), TODAY);
    expect(read.map(({ number }) => number)).toEqual([1, 1, 2]);
  });

  it('says what is wrong with a line, by the rules that hold for every dose', () => {
    const found = problems(
      card(
        ['0201', '20240105'],
        ['0201', '20240105'],
        ['0402', '20230105'],
        ['0402', '20270105'],
        ['0402', '0230'],
        ['9999', '20240505'],
      ),
      TODAY,
      CONTEXT,
    );
    expect(found).toEqual([
      null,
      'twice',
      'before-birth',
      'future-date',
      'noDate',
      'unknown-vaccine',
    ]);
  });

  it('only points out a dose that is older than the one above', () => {
    expect(problems(card(['0402', '20240605'], ['0402', '20240405']), TODAY, CONTEXT)).toEqual([
      null,
      'order',
    ]);
  });

  it('says what is wrong with its head', () => {
    expect(headProblems({ ...card(), sex: '3', birth: '20261301' }, TODAY)).toEqual({
      sex: 'required',
      birth: 'date',
    });
    expect(headProblems({ ...card(), idNumber: '11010519491231002X' }, TODAY)).toEqual({
      idNumber: 'idBirth',
    });
  });

  it('adds to a case what it lacks', () => {
    const known = [{ date: '2024-01-05', vaccine: '0201' }];
    const events = newEvents(card(['0202', '0105'], ['0402', '0405', 'A1']), TODAY, known);
    expect(events).toEqual([
      {
        kind: 'dose',
        date: '2024-04-05',
        vaccine: '0402',
        origin: 'history',
        number: 1,
        lot: 'A1',
      },
    ]);
  });

  it('is held against the children of the clinic', () => {
    const row = {
      name: '张三',
      birthDate: '2024-01-05',
      mother: '李四',
      phone: null,
      sex: 'M' as const,
      idNumber: null,
    };
    const found = (other: Partial<typeof row>) =>
      candidates(card(), TODAY, [{ ...row, ...other }]).length;
    expect(found({})).toBe(1);
    expect(found({ name: '张小宝' })).toBe(1);
    expect(found({ name: '张小宝', mother: '王五' })).toBe(0);
    expect(found({ birthDate: '2024-01-06' })).toBe(0);
  });

  it('repeats the lot of the same vaccine, or of the line above', () => {
    const { lines } = card(
      ['0201', '0105', 'B1'],
      ['0402', '0405', 'D1'],
      ['0201', '0210', '='],
      ['0101', '0210'],
    );
    expect(repeatedLot(lines.slice(0, 3), 2)).toBe('B1');
    expect(repeatedLot(lines.slice(0, 2).concat(lines.slice(3)), 2)).toBe('D1');
  });
});

describe('the second entry', () => {
  it('counts the fields that differ', () => {
    const first = card(['0201', '0105', 'B1'], ['0402', '0405']);
    const second = { ...card(['0201', '0105', 'B2'], ['0402', '0406']), mother: '李 四' };
    const found = compare(first, second, TODAY);
    expect(found.fields).toBe(9);
    expect(found.differences.map(({ field }) => field)).toEqual(['lot', 'date']);
    expect(errorRate([found])).toBe(22.22);
    expect(errorRate([])).toBeNull();
  });

  it('is of every tenth card, and of three at least', () => {
    expect(sample(2)).toEqual([0, 1]);
    expect(sample(10)).toHaveLength(3);
    expect(new Set(sample(95)).size).toBe(10);
  });
});
