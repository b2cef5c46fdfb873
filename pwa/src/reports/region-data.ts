/** Reads a region's counts (辖区统计). Online only; the sums are made by the database. */

import { pathOf } from '../ids/place.ts';
import type { Server } from '../sync/server.ts';
import {
  type ChildrenRow,
  cohortKeys,
  type DosesRow,
  type Month,
  type ViewRow,
} from './coverage.ts';
import type { DeviceRow } from './site-sync.ts';

interface Answer<T> {
  rows: T[];
}

const AT_ONCE = 4;
/** In a cluster: always of the same copies of the index, those that were brought up to date. */
const SAME = { stable: true };

function query(params: Record<string, unknown>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`)
    .join('&');
}

export interface RegionReader {
  /** The children of each site: rows of `coverage/children` by their first key. */
  sites(): Promise<ViewRow<[string | null]>[]>;
  /**
   * What joined cases (合并个案) add to the rows of both coverage views, which see one document at
   * a time: of all children, and of the doses of a cohort.
   */
  joined(from: Month, to: Month): Promise<{ children: ChildrenRow[]; doses: DosesRow[] }>;
  /**
   * Rows of both coverage views for a cohort, all sites, of what the index held when `sites` was
   * asked, or of later: it is not brought up to date sixty times for one table. `progress` hears
   * how many are done.
   */
  cohort(
    sites: readonly string[],
    from: Month,
    to: Month,
    progress?: (done: number) => void,
  ): Promise<{ children: ChildrenRow[]; doses: DosesRow[] }>;
  devices(): Promise<DeviceRow[]>;
  problems(): Promise<{ key: [string, string] }[]>;
}

export function regionReader(server: Server, region: string): RegionReader {
  const view = async <T>(path: string, params: Record<string, unknown>): Promise<T[]> => {
    const [ddoc, name] = path.split('/');
    const url = `${pathOf({ kind: 'region', code: region })}/_design/${ddoc}/_view/${name}?${query(params)}`;
    return (await server.json<Answer<T>>(url)).rows;
  };
  return {
    sites: () => view<ViewRow<[string | null]>>('coverage/children', { group_level: 1, ...SAME }),
    joined: (from, to) => server.json(`/api/reports/joined?since=${from}&until=${to}`),
    async cohort(sites, from, to, progress) {
      const children: ChildrenRow[] = [];
      const doses: DosesRow[] = [];
      const waiting = [...sites];
      let done = 0;
      const work = async () => {
        for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
          const range = { ...cohortKeys(site, from, to), group: true, ...SAME, update: false };
          children.push(...(await view<ChildrenRow>('coverage/children', range)));
          doses.push(...(await view<DosesRow>('coverage/doses', range)));
          done += 1;
          progress?.(done);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return { children, doses };
    },
    devices: () => view<DeviceRow>('sites/devices', {}),
    problems: () => view<{ key: [string, string] }>('sites/problems', {}),
  };
}
