/** What of a password is kept: PBKDF2-SHA256 over a random salt, by which it is known again. */

export interface Proof {
  salt: string;
  hash: string;
  rounds: number;
}

export async function proofOf(password: string, rounds: number): Promise<Proof> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const hash = await derive(password, salt, rounds);
  return { salt: toBase64(salt), hash: toBase64(hash), rounds };
}

/** Is this the password of the proof? */
export async function proves({ salt, hash, rounds }: Proof, password: string): Promise<boolean> {
  return equal(await derive(password, fromBase64(salt), rounds), fromBase64(hash));
}

const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

async function derive(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(password.normalize('NFC')),
    'PBKDF2',
    false,
    ['deriveBits'],
  );
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    key,
    256,
  );
  return new Uint8Array(bits);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}
