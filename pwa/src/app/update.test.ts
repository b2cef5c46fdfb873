import { expect, it } from 'vitest';
import { askingAt, LATER_MS, NEEDED_MS } from './update.ts';

it('asks again after a while, and from a day on until it is done', () => {
  expect(askingAt(5, 0, null)).toBe('open');
  expect(askingAt(10, 0, 5)).toBe('later');
  expect(askingAt(5 + LATER_MS, 0, 5)).toBe('open');
  expect(askingAt(NEEDED_MS, 0, NEEDED_MS - 1)).toBe('needed');
});
