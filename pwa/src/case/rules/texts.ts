/**
 * Characters that no name and no note holds (不可显示的字符): controls, marks that turn the direction of
 * what follows, private use, which each machine shows as something else, and halves of a character.
 */
import { isObject } from './context.ts';

/** Made where it is asked for: in the databases these lines run for every document. */
function nowhere(): RegExp {
  return new RegExp(
    [
      '[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]',
      '[\\u061C\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uFEFF\\uFFF9-\\uFFFF]',
      '[\\uE000-\\uF8FF]|[\\uDB80-\\uDBFF][\\uDC00-\\uDFFF]',
      '[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?:[^\\uD800-\\uDBFF]|^)[\\uDC00-\\uDFFF]',
    ].join('|'),
  );
}
const BREAK = /[\t\n]/;
/** Fields in which a line may end. */
const LONG = { note: true, remark: true, reason: true } as Readonly<Record<string, boolean>>;

export function isPrintable(text: string, field = ''): boolean {
  return !nowhere().test(text) && (LONG[field] === true || !BREAK.test(text));
}

/** What JSON text holds wherever a character is one of these: most records are looked at no further. */
const SUSPECT =
  /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uD800-\uF8FF\uFEFF\uFFF9-\uFFFF]|\\[bfnrtu]/;

/** The path to a text in `value` that cannot be shown, or null. */
export function unprintableIn(value: unknown, field = ''): string | null {
  return SUSPECT.test(JSON.stringify(value)) ? walk(value, field) : null;
}

function walk(value: unknown, field: string): string | null {
  if (typeof value === 'string') return isPrintable(value, field) ? null : field;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      if (walk(value[i], field) !== null) return field;
    }
    return null;
  }
  if (!isObject(value)) return null;
  for (const name in value) {
    const found = walk(value[name], name);
    if (found !== null) return field === '' ? name : field;
  }
  return null;
}
