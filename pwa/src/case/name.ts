/** Names as they are compared: a child is the same however its name was typed (姓名比对). */

/** What stands between the parts of a name, or does not: dots of every form, spaces, hyphens, apostrophes. */
const BETWEEN = /[\s·•・‧∙⋅●．。.\u00b7\u0387\u1427\u2010-\u2015\u2018\u2019'’‘`´-]+/gu;

/**
 * A name without what people write differently: compatibility forms (`王⽤`, full width) as the plain
 * characters, small letters, nothing between the parts.
 */
export function comparableName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(BETWEEN, '');
}

/** The parts of a name in Latin letters, or of one that is written with dots; comparable each. */
export function partsOfName(name: string): string[] {
  return name.normalize('NFKC').toLowerCase().split(BETWEEN).filter(Boolean);
}
