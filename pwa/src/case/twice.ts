/** The same dose entered twice (重复接种记录): shown, for a person to void one. */
import { type ChildDoc, standing } from './document.ts';

/**
 * ULIDs of doses that may be one dose: the same vaccine on the same day; or, from two sites, the
 * same vaccine so shortly after the one before it that the schedule calls it too soon.
 */
export function enteredTwice(child: ChildDoc, tooSoon: (id: string) => boolean): Set<string> {
  const found = new Set<string>();
  const doses = standing(child, 'dose').sort((a, b) => (a.event.date < b.event.date ? -1 : 1));
  const last = new Map<string, (typeof doses)[number]>();
  for (const dose of doses) {
    const before = last.get(dose.event.vaccine);
    last.set(dose.event.vaccine, dose);
    if (!before) continue;
    const sameDay = before.event.date === dose.event.date;
    const twoSites = before.event.site !== dose.event.site;
    if (sameDay || (twoSites && tooSoon(dose.id))) {
      found.add(before.id);
      found.add(dose.id);
    }
  }
  return found;
}
