import { expect, it } from 'vitest';
import { CHECKS, LOOKS, type Look, nextLook, ticked, type Walk } from './walk.ts';

const none: Walk = { precheck: true, swiped: false, scanned: false, looked: [] };

it('goes from the certificate to the vial, to the guardian, to the dose', () => {
  const looked: Look[] = [];
  for (const look of LOOKS) {
    expect(nextLook({ ...none, looked })).toBe(look);
    looked.push(look);
  }
  expect(nextLook({ ...none, looked })).toBeNull();
  expect([...ticked({ ...none, looked })].sort()).toEqual([...CHECKS].sort());
});

it('is shortened by what a scan proves, and never by more', () => {
  expect(nextLook({ ...none, swiped: true })).toBe('vial');
  const both = { ...none, swiped: true, scanned: true };
  expect(nextLook(both)).toBe('vial');
  expect(ticked(both).has('appearance')).toBe(false);
  expect(nextLook({ ...both, looked: ['vial'] })).toBe('guardian');
});

it('is not done without a pre-check', () => {
  expect(ticked({ ...none, precheck: false, looked: LOOKS }).has('health')).toBe(false);
});
