/** Canonical JSON: one text for one value, the same in Python and in JavaScript. */

function byCodePoint(a: string, b: string): number {
  // `<` compares UTF-16 units, which puts astral characters before U+E000.
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference =
      ((left[i] as string).codePointAt(0) as number) -
      ((right[i] as string).codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Keys sorted by code point, no spaces. Throws TypeError for what JSON cannot hold. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const source = value as Record<string, unknown>;
    const keys = Object.keys(source).filter((key) => source[key] !== undefined);
    return `{${keys
      .sort(byCodePoint)
      .map((key) => `${JSON.stringify(key)}:${canonical(source[key])}`)
      .join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('JSON has no NaN and no infinity');
  }
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`JSON has no ${typeof value}`);
  return text;
}

/** Compares two texts by code point, as canonical JSON sorts its keys. */
export const compareCodePoints = byCodePoint;
