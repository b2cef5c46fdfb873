/**
 * What a refusal means to the nurse. The server's words name a rule and a field; here they become a
 * cause with something to do about it. Keys of the catalogue, below `sync.why`.
 */
export type Cause =
  /** Only 高级用户 may: it goes by itself when one is logged in on this device. */
  | 'senior'
  /** It is another clinic's to record. */
  | 'site'
  /** The document has grown too large. */
  | 'size'
  /** The record has not the form that the server knows: as of a program that is too old. */
  | 'form'
  /** Anything else: for the administrator. */
  | 'other';

const CAUSES: readonly [Exclude<Cause, 'other'>, RegExp][] = [
  ['senior', /needs the grade senior/],
  ['site', /another site|another clinic|accounts of this clinic|managing site/],
  ['size', /too[_ ]large/],
  [
    'form',
    /unknown (field|kind)|missing$|not an? |not one of|wrong form|too (short|long|few|many)|out of range|not null/,
  ],
];

export function causeOf(reason: string): Cause {
  return CAUSES.find(([, words]) => words.test(reason))?.[0] ?? 'other';
}
