import { describe, expect, it } from 'vitest';
import { isSenior, mayVoid } from './rights';

const who = (grade: 'ordinary' | 'senior' | 'admin') => ({ name: 'nurse1', grade });

describe('rights on the screens', () => {
  it('are as the matrix says', () => {
    expect(['ordinary', 'senior', 'admin'].map((grade) => isSenior(who(grade as 'admin')))).toEqual(
      [false, true, true],
    );
    expect(mayVoid(who('ordinary'), 'nurse1')).toBe(true);
    expect(mayVoid(who('ordinary'), 'nurse2')).toBe(false);
    expect(mayVoid(who('senior'), 'nurse2')).toBe(true);
    expect(isSenior(null) || mayVoid(null, 'nurse1')).toBe(false);
  });
});
