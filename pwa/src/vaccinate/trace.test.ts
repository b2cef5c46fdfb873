import { expect, it } from 'vitest';
import { traceTarget } from './trace';

const code = '81234567890123456789';
const items = (...codes: string[]) => codes.map((traceCode) => ({ traceCode }));

it('is for the only vaccine that has no code yet', () => {
  expect(traceTarget(items(''), code)).toBe(0);
  expect(traceTarget(items('8'.repeat(20), ''), code)).toBe(1);
});

it('is asked of a person where it may be for several, or for none', () => {
  expect(traceTarget(items('', ''), code)).toBe('which');
  expect(traceTarget(items('8'.repeat(20)), code)).toBe('which');
  expect(traceTarget([], code)).toBe('which');
});

it('is never given to two vaccines', () => {
  expect(traceTarget(items(code, ''), code)).toBe('again');
});
