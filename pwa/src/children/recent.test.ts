import { expect, it } from 'vitest';
import { withFirst } from './recent';

it('keeps the last ones, each once, the newest in front', () => {
  expect(withFirst(['a', 'b', 'c'], 'b', 3)).toEqual(['b', 'a', 'c']);
  expect(withFirst(['a', 'b', 'c'], 'd', 3)).toEqual(['d', 'a', 'b']);
});
