/** ULIDs: ids of 26 characters (Crockford base 32) that sort by the millisecond of their making. */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

function encodeTime(ms: number): string {
  let text = '';
  let rest = ms;
  for (let i = 0; i < 10; i++) {
    text = ALPHABET[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** The most that ids stay ahead of a clock that was set back, in ms. */
const BACK_MS = 10 * 60_000;

/**
 * A maker of ULIDs that do not go back: within one millisecond, or when the clock was set back a
 * little, the random part of the one before is raised by one. After a greater jump they follow the
 * clock: the server refuses an id of another time.
 */
export function createUlid(
  clock: () => number = Date.now,
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (bytes) =>
    crypto.getRandomValues(bytes),
): () => string {
  let last = -1;
  let digits: number[] = [];
  const draw = () => {
    digits = Array.from(random(new Uint8Array(16)), (byte) => byte & 31);
    // Room to count up: 80 bits would have to run over within one millisecond otherwise.
    digits[0] = (digits[0] as number) & 15;
  };
  return () => {
    const now = clock();
    if (now > last || now < last - BACK_MS) {
      last = now;
      draw();
    } else {
      let i = digits.length - 1;
      while (i >= 0 && digits[i] === 31) digits[i--] = 0;
      if (i < 0) draw();
      else digits[i] = (digits[i] as number) + 1;
    }
    return encodeTime(last) + digits.map((digit) => ALPHABET[digit]).join('');
  };
}

/** A new ULID. */
export const ulid = createUlid();
