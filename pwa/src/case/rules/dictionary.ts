/** The vaccines of the catalog's dictionary, as the rules need them. */
import type { Entry } from '../../models/generated.ts';

/** The route of each vaccine; undefined while there is no dictionary: then vaccines are not judged. */
export function routesOf(
  entries: Readonly<Record<string, Entry>> | undefined,
): Record<string, string> | undefined {
  if (!entries) return undefined;
  return Object.fromEntries(
    Object.entries(entries).map(([code, { more }]) => [
      code,
      String((more as { route?: unknown } | undefined)?.route ?? ''),
    ]),
  );
}
