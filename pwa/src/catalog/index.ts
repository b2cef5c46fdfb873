/** The catalog of the region on this device: dictionaries, schedules, places. */

import type { Dictionary, Entry, Region, ScheduleDocument, Site } from '../models/generated.ts';
import type { Schedule } from '../schedule/index.ts';
import type { Mirror } from '../storage/mirror.ts';
import { catalogMirror, catalogVersion } from '../workspace/workspace.ts';

/** The catalog as it is now; reading it makes a computed value depend on it. */
export function catalogNow(): Mirror {
  void catalogVersion.value;
  return catalogMirror;
}

export interface UseCatalog {
  /** Code → labels of a dictionary; empty while it is not here. */
  entries(dictionary: string): Readonly<Record<string, Entry>>;
  /** What a vaccine group of any schedule is called. */
  groupTitle(group: string): { zh: string; en: string } | null;
  /** Name of a site or region by its code; the code when it is not known. */
  placeName(code: string): string;
  /** Codes of all clinics of a region and of the regions below it. */
  sitesBelow(region: string): string[];
  /** Codes of all regions below a region, itself first, each followed by its clinics. */
  placesBelow(region: string): string[];
  /** Schedules by their names. */
  schedules(): Readonly<Record<string, Schedule>>;
}

const NONE: Readonly<Record<string, Entry>> = {};

function placesBelow(region: string): string[] {
  const catalog = catalogNow();
  const below = new Set([region]);
  const regions = catalog.all<Region>('region:');
  const sites = catalog.all<Site>('site:');
  // A set is walked in the order of adding, so this reaches every level.
  for (const code of below) {
    for (const one of regions) if (one.parent === code) below.add(one.code);
  }
  return [...below].flatMap((code) => [
    code,
    ...sites.filter((site) => site.region === code).map((site) => site.code),
  ]);
}

export function useCatalog(): UseCatalog {
  const schedules = () =>
    Object.fromEntries(
      catalogNow()
        .all<ScheduleDocument>('schedule:')
        .map((doc) => [doc.name, doc.schedule as unknown as Schedule]),
    );
  return {
    entries: (name) => catalogNow().get<Dictionary>(`dictionary:${name}`)?.entries ?? NONE,
    groupTitle(group) {
      for (const schedule of Object.values(schedules())) {
        const title = schedule.groups.find(({ name }) => name === group)?.title;
        if (title) return { zh: title.zh ?? group, en: title.en ?? title.zh ?? group };
      }
      return null;
    },
    placeName: (code) =>
      catalogNow().get<Site | Region>(`${code.length === 10 ? 'site' : 'region'}:${code}`)?.name ??
      code,
    placesBelow,
    sitesBelow: (region) => placesBelow(region).filter((code) => code.length === 10),
    schedules,
  };
}
