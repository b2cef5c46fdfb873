import { pinyin } from 'pinyin-pro';
import { describe, expect, it } from 'vitest';
import { loadPinyin } from './pinyin.ts';

const readingsOf = await loadPinyin();
const ask = (char: string, more: object) => [
  ...new Set(
    pinyin(char, { toneType: 'none', type: 'array', v: true, ...more }).filter(
      (one) => one !== char,
    ),
  ),
];

describe('the readings of a name', () => {
  it('are those of the whole dictionary, for every character', () => {
    for (let code = 0x2e00; code < 0x33000; code++) {
      const char = String.fromCodePoint(code);
      // Compatibility forms are read as the plain characters.
      if (!/^\p{Script=Han}$/u.test(char) || char.normalize('NFKC') !== char) continue;
      const all = ask(char, { multiple: true });
      const surname = [...new Set([...ask(char, { surname: 'head' }), ...all])];
      expect(readingsOf(`${char}${char}`), char).toEqual([surname, all]);
    }
  });

  it('has Latin letters in runs, and nothing for what is no letter', () => {
    expect(readingsOf('单于Ünal2♥')).toEqual([['shan', 'dan', 'chan'], ['yu'], ['vnal2'], []]);
  });
});
