/** How a vaccine is given, and what the guardian is told of it, from the catalog's dictionaries. */

import type { Entry } from '../models/generated.ts';

/** What the dictionary says of how a vaccine is given. */
export interface Usage {
  route: string;
  bodySite: string;
  selfPaid: boolean;
  /** 每剂用量, as the dictionary words it. */
  amount: string;
}

/** What a vaccine's entry says beyond its names; each part may be missing. */
interface VaccineMore {
  route?: string;
  site?: string;
  programme?: boolean;
  kind?: 'live' | 'inactivated' | 'other';
  dose?: { zh: string; en: string };
  leaflet?: string;
  /** Vaccine groups (疫苗组) it counts for. */
  groups?: string[];
  short?: { zh: string; en: string };
}

export function moreOf(entry: Entry | undefined): VaccineMore {
  return (entry?.more ?? {}) as VaccineMore;
}

/** Route, body site and charge that a vaccine starts with. */
export function usageOf(entry: Entry | undefined): Usage {
  const { route = '', site = '', programme = true, dose } = moreOf(entry);
  return { route, bodySite: site, selfPaid: !programme, amount: dose?.zh ?? '' };
}

/** The same place on the other side (另一侧), when the dictionary has one. */
export function oppositeSite(
  site: string,
  known: Readonly<Record<string, unknown>>,
): string | null {
  const other = site.startsWith('left_')
    ? site.replace('left_', 'right_')
    : site.startsWith('right_')
      ? site.replace('right_', 'left_')
      : null;
  return other !== null && other in known ? other : null;
}

export interface Leaflet {
  prevents: string;
  contraindications: string[];
  reactions: string[];
  notes: string[];
}

/** The leaflet of a vaccine in one language; null when there is none. */
export function leafletOf(
  vaccine: Entry | undefined,
  leaflets: Readonly<Record<string, Entry>>,
  lang: 'zh' | 'en',
): Leaflet | null {
  const { leaflet } = moreOf(vaccine);
  const more = leaflet
    ? (leaflets[leaflet]?.more as Record<string, Leaflet> | undefined)
    : undefined;
  return more?.[lang] ?? null;
}

/** Body sites to choose from: by mouth or nose there is one, an injection has arms and thighs. */
export function sitesFor(route: string, current: string, known: readonly string[]): string[] {
  if (route === 'oral') return known.filter((site) => site === 'mouth' || site === current);
  if (route === 'nasal') return known.filter((site) => site === 'nose' || site === current);
  return known.filter((site) => /_(upper_arm|thigh)$/.test(site) || site === current);
}

/**
 * The version of a text: the same words have the same version wherever they are shown, and other
 * words another, so that it can be told what somebody agreed to.
 */
export function versionOf(leaflet: Leaflet | null): string {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify(leaflet)) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}
