import { describe, expect, it } from 'vitest';
import en from '../../i18n/reasons.en.json';
import zh from '../../i18n/reasons.zh.json';
import { PROBLEM_CODES, REASON_CODES } from '../types.ts';

type Texts = Record<string, Record<string, string>>;

const find = (texts: Texts, code: string): string | undefined => {
  const [kind = '', name = ''] = code.split('.');
  return texts[kind]?.[name];
};
const params = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

const CODES = [...REASON_CODES, ...PROBLEM_CODES.map((code) => `problem.${code}`)];

describe('the texts of reasons', () => {
  it.each(CODES)('%s is said in both languages, with the same parameters', (code) => {
    const [chinese, english] = [find(zh, code), find(en, code)];
    expect(chinese).toMatch(/[一-鿿]/);
    expect(english).toBeTruthy();
    expect(params(english as string)).toEqual(params(chinese as string));
  });

  it('say nothing that the engine does not', () => {
    for (const texts of [zh, en] as Texts[]) {
      const said = Object.entries(texts).flatMap(([kind, names]) =>
        Object.keys(names).map((name) => `${kind}.${name}`),
      );
      expect(said.sort()).toEqual([...CODES].sort());
    }
  });
});
