/** What a denial means to the nurse: a cause with something to do about it. */
import { isDenialCode, readDenial } from '../case/denial.ts';
import { DENIALS, type DenialCode } from '../models/denials.ts';

/**
 * Keys of the catalogue, below `sync.why`: `senior` goes by itself when a 高级用户 logs in here;
 * `place` is another place's to record; `size`, the document has grown too large; `form`, the record
 * has not the form that the server knows, as of a program that is too old; `rule`, it cannot have
 * happened so; `other` is for the administrator.
 */
export type Cause = (typeof DENIALS)[DenialCode] | 'size';

/** CouchDB's own codes for what is too large. */
const TOO_LARGE = /^(?:413 )?[a-z]+(?:_[a-z]+)*_too_large\b|^(?:413 )?too_large\b/;

/** The code of a reason that this program knows, a key below `denied`. */
export function codeOf(reason: string): DenialCode | null {
  const code = readDenial(reason)?.code;
  return code !== undefined && isDenialCode(code) ? code : null;
}

export function causeOf(reason: string): Cause {
  const code = codeOf(reason);
  if (code !== null) return DENIALS[code];
  return TOO_LARGE.test(reason) ? 'size' : 'other';
}
