import { describe, expect, it } from 'vitest';
import { checkDigit } from '../case/idnumber.ts';
import {
  emptyFacts,
  errorsOf,
  type FactsForm,
  filledFromId,
  lookAlikes,
  patchOf,
} from './facts-form';

const today = '2026-11-23';
const first17 = '51040220260501001';
const idNumber = first17 + checkDigit(first17);
const good = { ...emptyFacts(), name: '曾小明', sex: 'M' as const, birth_date: '2026-05-01' };

describe('an ID number', () => {
  it('fills birth date and sex that are still empty, and nothing else', () => {
    expect(filledFromId({ ...emptyFacts(), id_number: idNumber })).toEqual({
      birth_date: '2026-05-01',
      sex: 'M',
    });
    expect(filledFromId({ ...good, id_number: idNumber })).toEqual({});
    expect(filledFromId({ ...emptyFacts(), id_number: '123' })).toEqual({});
  });

  it('must have the right check digit, birth date and sex', () => {
    const wrong = first17 + (idNumber.endsWith('0') ? '1' : '0');
    expect(errorsOf({ ...good, id_number: wrong }, today)).toEqual({ id_number: 'idNumber' });
    expect(errorsOf({ ...good, id_number: idNumber, birth_date: '2026-05-02' }, today)).toEqual({
      id_number: 'idBirth',
    });
    expect(errorsOf({ ...good, id_number: idNumber, sex: 'F' }, today)).toEqual({
      id_number: 'idSex',
    });
  });
});

describe('errorsOf', () => {
  it('accepts what is enough', () => {
    expect(errorsOf({ ...good, phone: '138 0000 1111', birth_weight_g: '3200' }, today)).toEqual(
      {},
    );
  });

  it('names each field that is wrong', () => {
    const form = {
      ...emptyFacts(),
      birth_date: '2026-11-24',
      phone: 'none',
      birth_weight_g: '3.2',
      gestation_weeks: '50',
    };
    expect(errorsOf(form, today)).toEqual({
      name: 'required',
      sex: 'required',
      birth_date: 'future',
      phone: 'phone',
      birth_weight_g: 'weight',
      gestation_weeks: 'weeks',
    });
  });
});

describe('a name', () => {
  it.each([';99012100010009070?', '；99012100010009070？', '99012100010009070', '张三12', '%B1^A'])(
    'is not what a reader typed: %s',
    (name) => {
      expect(errorsOf({ ...good, name }, today)).toEqual({ name: 'machine' });
    },
  );

  it.each(['张三之子1', '阿卜杜拉·买买提', "O'Neil-Smith", '王\u{20bb7}'.repeat(25)])(
    'may be %s',
    (name) => {
      expect(errorsOf({ ...good, name }, today)).toEqual({});
    },
  );
});

describe('patchOf', () => {
  it('makes values of texts, and null of what is empty', () => {
    const patch = patchOf({ ...good, id_number: ' 51040220260501001x ', birth_weight_g: '3200' });
    expect(patch).toMatchObject({
      name: '曾小明',
      id_number: '51040220260501001X',
      birth_weight_g: 3200,
      phone: null,
      residence: null,
    });
  });
});

describe('lookAlikes', () => {
  const unknown = { mother: null, phone: null, sex: null };
  const rows = [
    { id: 'a', name: '曾小明', birthDate: '2026-05-01', idNumber: null, ...unknown },
    { id: 'b', name: '李四', birthDate: '2026-05-01', idNumber, ...unknown },
    { id: 'c', name: '曾小明', birthDate: '2020-05-01', idNumber: null, ...unknown },
  ];

  it('finds the same name and birth date, or the same ID number', () => {
    expect(lookAlikes(good, rows).map((row) => row.id)).toEqual(['a']);
    expect(lookAlikes({ ...good, id_number: idNumber }, rows).map((row) => row.id)).toEqual([
      'a',
      'b',
    ]);
    expect(lookAlikes(emptyFacts(), rows)).toEqual([]);
  });

  it('finds a newborn that has got a name since, by mother or telephone', () => {
    const newborn = {
      id: 'n',
      name: '陈某之子',
      birthDate: '2026-05-01',
      idNumber: null,
      sex: null,
      mother: '陈宇婷',
      phone: '15400000000',
    };
    const named = { ...emptyFacts(), name: '吴小宝', birth_date: '2026-05-01' };
    const ids = (form: FactsForm) => lookAlikes(form, [newborn]).map(({ id }) => id);
    expect(ids({ ...named, mother_name: '陈宇婷' })).toEqual(['n']);
    expect(ids({ ...named, phone: '15400000000' })).toEqual(['n']);
    expect(ids({ ...named, mother_name: '陈宇婷', birth_date: '2026-05-02' })).toEqual([]);
    expect(ids(named)).toEqual([]);
  });
});
