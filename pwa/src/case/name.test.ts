import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { comparableName } from './name.ts';

const { cases } = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/names.json', import.meta.url), 'utf8'),
) as { cases: [string, string][] };

it.each(cases)('compares %j as %j', (name, comparable) => {
  expect(comparableName(name)).toBe(comparable);
});
