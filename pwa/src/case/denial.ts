/**
 * Why a write is refused (拒收原因), as a database and the rules say it: a code and the part of the
 * document that it speaks of, never a value. `miaopu.models.denials` reads the same.
 */
import { DENIALS, type DenialCode } from '../models/denials.ts';

export interface Denial {
  code: DenialCode;
  /** `event <ULID>`, `fact <field>`, `field <path>` or `document`. */
  part: string;
}

const FORM = /(?:^|: )\[([a-z]+(?:-[a-z]+)*)\] ((?:event|fact|field) [\w.?-]+|document)$/;

export function isDenialCode(code: string): code is DenialCode {
  return Object.hasOwn(DENIALS, code);
}

/** The code and the part of a database's reason; null when it is none of this program's. */
export function readDenial(reason: string): { code: string; part: string } | null {
  const [, code, part] = FORM.exec(reason) ?? [];
  return code !== undefined && part !== undefined ? { code, part } : null;
}

function below(part: string, ...starts: string[]): string | null {
  const start = starts.find((one) => part.startsWith(one));
  return start === undefined ? null : (part.slice(start.length).split('.')[0] as string);
}

/** The ULID of the event that a part speaks of. */
export const eventOfPart = (part: string) => below(part, 'event ', 'field events.');
/** The field of the card that a part speaks of. */
export const factOfPart = (part: string) => below(part, 'fact ', 'field facts.');
