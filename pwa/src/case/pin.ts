/**
 * The guardian's PIN (监护人密码): proved by PBKDF2-SHA256 alone, so that any clinic that holds the
 * child checks it without the server. The PIN itself is never kept, shown, printed or logged.
 */

import type { PinVerifier } from '../models/generated.ts';
import { type ChildDoc, standing } from './document.ts';
import { PIN_TRIES, pinState } from './rules/visits.ts';

/** What OWASP asks of PBKDF2-SHA256 (2023). */
export const PIN_ITERATIONS = 600_000;

export type PinStand = 'none' | 'ready' | 'locked';

/** Whether a PIN is set, and whether it may still be tried. */
export function pinStand(child: ChildDoc): { stand: PinStand; triesLeft: number } {
  const { set, wrong } = pinState(child.events);
  if (set === null) return { stand: 'none', triesLeft: 0 };
  const triesLeft = Math.max(0, PIN_TRIES - wrong);
  return { stand: triesLeft > 0 ? 'ready' : 'locked', triesLeft };
}

/** What proves the PIN that stands; null where there is none. */
export function pinVerifier(child: ChildDoc): PinVerifier | null {
  const { set } = pinState(child.events);
  const found = standing(child, 'pin').find(({ id }) => id === set);
  return found?.event.verifier ?? null;
}

export type PinFault = 'form' | 'weak' | 'differs';

/** What is wrong with a PIN that is to be set, typed twice; null: nothing. */
export function pinFault(first: string, second: string): PinFault | null {
  if (!/^[0-9]{6}$/.test(first)) return 'form';
  const digits = [...first].map(Number);
  const step = (digits[1] ?? 0) - (digits[0] ?? 0);
  const isRun = digits.every((digit, n) => n === 0 || digit - (digits[n - 1] ?? 0) === step);
  // 000000, 123456, 654321: what everybody tries first.
  if (isRun && Math.abs(step) <= 1) return 'weak';
  return first === second ? null : 'differs';
}

const toBase64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

const fromBase64url = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
    char.charCodeAt(0),
  );

async function derive(pin: string, salt: Uint8Array<ArrayBuffer>, iterations: number) {
  const digits = new TextEncoder().encode(pin);
  const key = await crypto.subtle.importKey('raw', digits, 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

/** What proves a new PIN; every time with another salt. */
export async function newVerifier(pin: string): Promise<PinVerifier> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(pin, salt, PIN_ITERATIONS);
  return { iterations: PIN_ITERATIONS, salt: toBase64url(salt), hash: toBase64url(hash) };
}

/** Is it the PIN? Takes a few tenths of a second, whatever the answer. */
export async function isPin(pin: string, verifier: PinVerifier): Promise<boolean> {
  const hash = await derive(pin, fromBase64url(verifier.salt), verifier.iterations);
  return toBase64url(hash) === verifier.hash;
}
