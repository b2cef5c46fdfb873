/** What is known of the clinics' synchronisation (各单位同步情况): a green sign is a proof. */

export interface DeviceRow {
  key: [string, string];
  value: { name: string; synced_at: string; pending: number; refused: number };
}

/**
 * Is everything of a clinic known to be here? `never`: none of its devices ever synced; `silent`: not
 * one was heard of for three days, or one that was heard then has gone silent with records unsent;
 * `held`: records are kept back, refused or reported.
 */
export type SyncState = 'good' | 'held' | 'silent' | 'never';

export interface SiteSync {
  site: string;
  /** The end of the last complete round of any of its devices; null when none ever was. */
  syncedAt: string | null;
  devices: { id: string; name: string; syncedAt: string; pending: number; refused: number }[];
  pending: number;
  refused: number;
  problems: number;
  state: SyncState;
}

const SILENT_MS = 3 * 24 * 60 * 60 * 1000;

function stateOf(
  { syncedAt, pending, refused, problems, devices }: SiteSync,
  now: number,
): SyncState {
  if (syncedAt === null) return 'never';
  const silent = (at: string) => now - Date.parse(at) > SILENT_MS;
  if (silent(syncedAt)) return 'silent';
  if (pending + refused + problems > 0) {
    return devices.some((one) => one.pending > 0 && silent(one.syncedAt)) ? 'silent' : 'held';
  }
  return 'good';
}

/** For each clinic when it was last heard, what it holds back, and whether that is known at all. */
export function siteSync(
  sites: readonly string[],
  devices: readonly DeviceRow[],
  problems: readonly { key: [string, string] }[],
  now: number,
): SiteSync[] {
  const found = new Map<string, SiteSync>();
  const of = (site: string): SiteSync => {
    const known = found.get(site);
    if (known) return known;
    const made: SiteSync = {
      site,
      syncedAt: null,
      devices: [],
      pending: 0,
      refused: 0,
      problems: 0,
      state: 'never',
    };
    found.set(site, made);
    return made;
  };
  for (const site of sites) of(site);
  for (const { key, value } of devices) {
    const site = of(key[0]);
    const { name, synced_at: syncedAt, pending, refused } = value;
    site.devices.push({ id: key[1], name, syncedAt, pending, refused });
    site.pending += pending;
    site.refused += refused;
    if (site.syncedAt === null || syncedAt > site.syncedAt) site.syncedAt = syncedAt;
  }
  for (const { key } of problems) of(key[0]).problems += 1;
  for (const site of found.values()) site.state = stateOf(site, now);
  return [...found.values()].sort((a, b) => a.site.localeCompare(b.site));
}

/** The worst of all clinics, and how many are in it; a region is good when every clinic is. */
export function worstOf(sites: readonly SiteSync[]): { state: SyncState; count: number } | null {
  const order: readonly SyncState[] = ['never', 'silent', 'held', 'good'];
  for (const state of order) {
    const count = sites.filter((one) => one.state === state).length;
    if (count > 0) return { state, count };
  }
  return null;
}
