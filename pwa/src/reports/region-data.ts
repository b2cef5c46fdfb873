/** Reads a region's views (辖区统计). Online only; the sums are made by the database. */

import type { Server } from '../sync/server.ts';
import {
  type ChildrenRow,
  cohortKeys,
  type DeviceRow,
  type DosesRow,
  type Month,
} from './coverage.ts';

interface Answer<T> {
  rows: T[];
}

const AT_ONCE = 4;

function query(params: Record<string, unknown>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`)
    .join('&');
}

export interface RegionReader {
  /** Sites that have children, with how many. */
  sites(): Promise<{ site: string; children: number }[]>;
  /** Rows of both coverage views for a cohort, all sites. `progress` hears how many are done. */
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
    const url = `/db/region-${region}/_design/${ddoc}/_view/${name}?${query(params)}`;
    return (await server.json<Answer<T>>(url)).rows;
  };
  return {
    async sites() {
      const rows = await view<{ key: [string | null]; value: number }>('coverage/children', {
        group_level: 1,
      });
      return rows.flatMap(({ key, value }) => (key[0] ? [{ site: key[0], children: value }] : []));
    },
    async cohort(sites, from, to, progress) {
      const children: ChildrenRow[] = [];
      const doses: DosesRow[] = [];
      const waiting = [...sites];
      let done = 0;
      const work = async () => {
        for (let site = waiting.shift(); site !== undefined; site = waiting.shift()) {
          const range = { ...cohortKeys(site, from, to), group: true };
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
