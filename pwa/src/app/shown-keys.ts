/** The keys that a page shows (键位): read off the page itself, so that the list is never another. */

export interface ShownKey {
  key: string;
  label: string;
}

/** What stands beside a key: the words of its button, link or line, without the keys in it. */
function labelOf(kbd: Element): string {
  const holder = kbd.closest('button, a, label, summary') ?? kbd.parentElement;
  const copy = holder?.cloneNode(true) as Element | undefined;
  for (const key of copy?.querySelectorAll('kbd') ?? []) key.remove();
  const words = copy?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
  return words || (holder?.getAttribute('aria-label') ?? '');
}

/** All keys below a part of the page, each with its first meaning. */
export function shownKeys(root: ParentNode): ShownKey[] {
  const found = new Map<string, ShownKey>();
  for (const kbd of root.querySelectorAll('kbd')) {
    const key = kbd.textContent?.trim() ?? '';
    const label = labelOf(kbd);
    if (key && label && !found.has(`${key} ${label}`)) found.set(`${key} ${label}`, { key, label });
  }
  return [...found.values()];
}
