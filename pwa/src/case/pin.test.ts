import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { PinVerifier } from '../models/generated.ts';
import type { ChildDoc } from './document.ts';
import { isPin, newVerifier, PIN_ITERATIONS, pinFault, pinStand, pinVerifier } from './pin.ts';

interface Vectors {
  pin: { title: string; pin: string; right: boolean; verifier: PinVerifier }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/pin.json', import.meta.url), 'utf8'),
) as Vectors;

it.each(vectors.pin.map((one) => [one.title, one] as const))(
  'proves as the server: %s',
  async (_, one) => {
    expect(await isPin(one.pin, one.verifier)).toBe(one.right);
  },
);

it('proves a new PIN by a salt of its own', async () => {
  const [a, b] = await Promise.all([newVerifier('246810'), newVerifier('246810')]);
  expect(a.iterations).toBe(PIN_ITERATIONS);
  expect(a.salt).toMatch(/^[0-9A-Za-z_-]{22}$/);
  expect(a.hash).toMatch(/^[0-9A-Za-z_-]{43}$/);
  expect(a.hash).not.toBe(b.hash);
  expect(await isPin('246810', a)).toBe(true);
  expect(await isPin('246811', a)).toBe(false);
});

it('takes six digits, typed twice, that nobody guesses first', () => {
  expect(pinFault('246810', '246810')).toBeNull();
  expect(pinFault('24681', '24681')).toBe('form');
  expect(pinFault('24681a', '24681a')).toBe('form');
  for (const weak of ['000000', '123456', '654321']) expect(pinFault(weak, weak)).toBe('weak');
  expect(pinFault('246810', '246811')).toBe('differs');
});

const verifier = { iterations: 600_000, salt: 's', hash: 'h' };
function child(...steps: string[]): ChildDoc {
  const made = steps.map((step, n) => [
    `01K9A3Q6Z00000000000000E${n}A`,
    { kind: 'pin', step, ...(step === 'set' && { verifier }) },
  ]);
  const doc = { _id: 'child:1', type: 'child', facts: {}, events: Object.fromEntries(made) };
  return doc as unknown as ChildDoc;
}

it('stands as its events say: none, ready, locked after five wrong ones', () => {
  const wrong = ['wrong', 'wrong', 'wrong', 'wrong', 'wrong'];
  expect(pinStand(child())).toEqual({ stand: 'none', triesLeft: 0 });
  expect(pinStand(child('set'))).toEqual({ stand: 'ready', triesLeft: 5 });
  expect(pinStand(child('set', 'wrong'))).toEqual({ stand: 'ready', triesLeft: 4 });
  expect(pinStand(child('set', ...wrong)).stand).toBe('locked');
  expect(pinStand(child('set', ...wrong, 'unlocked')).stand).toBe('ready');
  expect(pinStand(child('set', ...wrong, 'reset')).stand).toBe('none');
  expect(pinVerifier(child('set'))).toEqual(verifier);
  expect(pinVerifier(child('set', 'reset'))).toBeNull();
});
