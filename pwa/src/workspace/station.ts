/** This device (工作站): a ULID that it gives itself once, and a name that people give it. */

import { ULID, ulid } from '../ids/ulid.ts';
import type { Keep } from '../storage/keep.ts';

const ID = 'miaopu.station';
const NAME = 'miaopu.station.name';

export interface Station {
  id: string;
  name: string;
}

export function stationOf(keep: Keep): Station {
  let id = keep.getItem(ID);
  if (id === null || !ULID.test(id)) {
    id = ulid();
    keep.setItem(ID, id);
  }
  return { id, name: keep.getItem(NAME) || `#${id.slice(-4)}` };
}

/** Names this device for the manager's page; at most 200 characters. */
export function nameStation(keep: Keep, name: string): void {
  keep.setItem(NAME, name.trim().slice(0, 200));
}
