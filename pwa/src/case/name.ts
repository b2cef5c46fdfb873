/**
 * Names as they are compared: a child is the same however its name was typed (姓名比对). The server
 * has the same (`miaopu.case.name`, `design-docs/lib/name.js`); all are held against
 * `tests/vectors/names.json`.
 */

/** What stands between the parts of a name, or does not: spaces, dots, hyphens, apostrophes of every form. */
const BETWEEN = /[\s.'`´·‘’•‧∙⋅●・。-]+/gu;

function parted(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/**
 * A name without what people write differently: compatibility forms (`王⽤`, full width) as the plain
 * characters, small letters, nothing between the parts.
 */
export function comparableName(name: string): string {
  return parted(name).replace(BETWEEN, '');
}

/** The parts of a name, as between dots or spaces; comparable each. */
export function partsOfName(name: string): string[] {
  return parted(name).split(BETWEEN).filter(Boolean);
}
