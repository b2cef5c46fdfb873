/**
 * Child codes (儿童编码): site (10), year of birth (4), serial (4). A device claims blocks of a
 * hundred serials on the server while it is online, and gives out serials of its own blocks alone.
 * Which of them are used is read from the children themselves, so none is given twice.
 */

import { readDenial } from '../case/denial.ts';
import { clinic, pathOf } from '../ids/place.ts';
import type { NumberBlock } from '../models/generated.ts';
import { type Server, SyncFault } from '../sync/server.ts';

/** A block is claimed when fewer serials than this are left. */
export const LOW = 30;
const BLOCK = 100;

type Provenance = Pick<NumberBlock, 'at' | 'by' | 'station' | 'site' | 'offset_ms' | 'app'>;

export interface NumbersOptions {
  site: string;
  station: string;
  server: Server;
  /** The blocks that this database knows of. */
  blocks: (year: number) => NumberBlock[];
  /** Is a code in use? */
  used: (code: string) => boolean;
  provenance: () => Provenance;
  /** Brings a block that was claimed into the local database. */
  fetch: (id: string, signal?: AbortSignal) => Promise<void>;
  /** Sees what other tabs have written. */
  catchUp: () => Promise<void>;
  /** One tab at a time. */
  lock: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Numbers {
  /** Runs `work` with the next free code, or null when this device holds none for the year. */
  next<T>(year: number, work: (code: string | null) => Promise<T>): Promise<T>;
  /** Serials left for a year. */
  left(year: number): number;
  /** Claims what these years need; for when the server is there. */
  reserve(years: readonly number[], signal?: AbortSignal): Promise<void>;
}

function isForLater({ status, message }: SyncFault): boolean {
  return status === 424 || readDenial(message)?.code === 'numbers-unused';
}

export function createNumbers(options: NumbersOptions): Numbers {
  const { site, station, server, used } = options;
  const codeOf = (year: number, serial: number) =>
    `${site}${String(year).padStart(4, '0')}${String(serial).padStart(4, '0')}`;
  const idOf = (year: number, block: number) =>
    `numbers:${site}:${String(year).padStart(4, '0')}:${String(block).padStart(2, '0')}`;

  function* freeCodes(year: number): Generator<string> {
    const own = options.blocks(year).filter((block) => block.station === station);
    for (const { block } of own.sort((a, b) => a.block - b.block)) {
      for (let i = 0; i < BLOCK; i++) {
        const code = codeOf(year, block * BLOCK + i);
        if (!used(code)) yield code;
      }
    }
  }
  const left = (year: number) => [...freeCodes(year)].length;

  const claim = async (year: number, signal?: AbortSignal) => {
    const taken = new Set(options.blocks(year).map(({ block }) => block));
    for (let block = 0; block < BLOCK; block++) {
      if (taken.has(block)) continue;
      const id = idOf(year, block);
      const body = { _id: id, type: 'numbers', year, block, ...options.provenance() };
      try {
        await server.json(`${pathOf(clinic(site))}/${encodeURIComponent(id)}`, {
          method: 'PUT',
          body,
          ...(signal && { signal }),
        });
      } catch (error) {
        // Another device was quicker: the next one.
        if (error instanceof SyncFault && error.status === 409) continue;
        // A clinic's hub that cannot reach its county, or a server that does not know yet how many
        // codes are used: they follow when it can, and does.
        if (error instanceof SyncFault && isForLater(error)) return;
        throw error;
      }
      await options.fetch(id, signal);
      return;
    }
    throw new SyncFault('refused', `No serials are left for the year ${year}.`);
  };

  return {
    left,
    next: (year, work) =>
      options.lock(async () => {
        await options.catchUp();
        return work(freeCodes(year).next().value ?? null);
      }),
    async reserve(years, signal) {
      for (const year of new Set(years)) {
        if (left(year) < LOW) await claim(year, signal);
      }
    },
  };
}
