/**
 * A place (地点) whose records are a database of their own, the same on the device and on the server. The
 * server has the same (`miaopu.couch.place`).
 */

/** A clinic (接种点, 10 digits), the vaccine store of a region (疫苗库), or a region with all below it (6 digits). */
export type PlaceKind = 'clinic' | 'depot' | 'region';

export interface Place {
  kind: PlaceKind;
  code: string;
}

const PREFIX: Readonly<Record<PlaceKind, string>> = {
  clinic: 'site',
  depot: 'depot',
  region: 'region',
};

/** The name of a place's database. */
export function databaseOf({ kind, code }: Place): string {
  return `${PREFIX[kind]}-${code}`;
}

/** Its path on the server. */
export function pathOf(place: Place): string {
  return `/db/${databaseOf(place)}`;
}

export function clinic(code: string): Place {
  return { kind: 'clinic', code };
}

/** The place whose database is called so; null for others, as the catalog. */
export function placeOf(database: string): Place | null {
  const [, prefix, code] = /^(site|depot|region)-(\d{6}|\d{10})$/.exec(database) ?? [];
  const kind = (Object.keys(PREFIX) as PlaceKind[]).find((one) => PREFIX[one] === prefix);
  if (!kind || !code || code.length !== (kind === 'clinic' ? 10 : 6)) return null;
  return { kind, code };
}
