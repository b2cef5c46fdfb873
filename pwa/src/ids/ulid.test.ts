import { expect, it } from 'vitest';
import { createUlid, ULID, ulid } from './ulid.ts';

it('makes ids that match the pattern of the documents and differ', () => {
  const ids = Array.from({ length: 5000 }, () => ulid());
  expect(new Set(ids).size).toBe(5000);
  for (const id of ids) expect(id).toMatch(ULID);
  expect([...ids].sort()).toEqual(ids);
});

it('writes the time in front', () => {
  expect(createUlid(() => 1469918176385)().slice(0, 10)).toBe('01ARYZ6S41');
});

it('does not go back when the clock does', () => {
  let now = 1000;
  const next = createUlid(() => now);
  const first = next();
  now = 10;
  expect(next() > first).toBe(true);
});

it('follows the clock when it was set back for good', () => {
  let now = 40 * 3_600_000;
  const next = createUlid(() => now);
  const first = next();
  now = 0;
  expect(next() < first).toBe(true);
});

it('draws anew when the random part cannot be raised', () => {
  let fill = 255;
  const next = createUlid(
    () => 5,
    (bytes) => bytes.fill(fill),
  );
  const first = next();
  expect(first.slice(10)).toBe('FZZZZZZZZZZZZZZZ');
  fill = 3;
  expect(next()).not.toBe(first);
});
