/**
 * What records and what syncs at one clinic, put together over a local database (工作间). Knows no
 * screen and no browser: those come as parts.
 */

import { type LedgerMove, type Lot, type LotId, lotKey, lotsOf } from '../case/lots.ts';
import type { Clock } from '../clock/clock.ts';
import { clinic as clinicPlace } from '../ids/place.ts';
import type { NumberBlock, StockMove } from '../models/generated.ts';
import type { Mirror } from '../storage/mirror.ts';
import type { Channel, Store } from '../storage/store.ts';
import { createEngine, type Engine, type EngineOptions } from '../sync/engine.ts';
import { createOutbox, refusedRevisions } from '../sync/outbox.ts';
import type { Server } from '../sync/server.ts';
import type { SyncStatus } from '../sync/types.ts';
import type { ChildIndex } from './child-index.ts';
import { reportDenials, reserveNumbers, tellCounty } from './duties.ts';
import { createNumbers, type Numbers } from './numbers.ts';
import { createRepository, type Repository } from './repository.ts';

export type Provenance = Pick<StockMove, 'at' | 'by' | 'station' | 'site' | 'offset_ms' | 'app'>;

export interface ClinicParts {
  store: Store;
  catalog: Store;
  server: Server;
  clock: Clock;
  ulid: () => string;
  index: ChildIndex;
  /** The clinic's small documents. */
  documents: Mirror;
  /** The cases that are one child with this one; each stands alone when absent. */
  members?: (id: string) => readonly string[];
  /** Resolves when index and documents have seen all that was written before the call. */
  catchUp: () => Promise<void>;
  site: string;
  /** The account that is logged in. */
  account: string;
  /** Is it 高级用户 or above? */
  senior: () => boolean;
  /** The vaccines of the catalog, each with its route; undefined while there is no catalog. */
  routes: () => Readonly<Record<string, string>> | undefined;
  /** The device's id and the name that people gave it. */
  station: string;
  stationName: () => string;
  /** The program's version. */
  app: string;
  session: Omit<EngineOptions['session'], 'name'>;
  changed: (status: SyncStatus) => void;
  /** The server has this device's report: a round has ended well. */
  reported: () => Promise<void>;
  channel: Channel | null;
  locks: LockManager | null;
  /** The first pause after a failure; shortened by tests. */
  firstDelayMs?: number;
}

export interface Clinic {
  /** A lot as the ledger has it; null when it does not know the lot. */
  lotOf(id: LotId): Lot | null;
  repository: Repository;
  numbers: Numbers;
  engine: Engine;
  /** Provenance of something recorded now. */
  provenance(): Provenance;
}

export function createClinic(parts: ClinicParts): Clinic {
  const { store, catalog, server, clock, ulid, index, documents, catchUp } = parts;
  const { site, account, station, app, session, changed, channel, locks } = parts;

  const provenance = () => ({
    at: clock.instant(),
    by: account,
    station,
    site,
    offset_ms: clock.offset(),
    app,
  });

  const numbers = createNumbers({
    site,
    station,
    server,
    blocks: (year) =>
      documents.all<NumberBlock>(`numbers:${site}:${String(year).padStart(4, '0')}:`),
    used: (code) => index.byCode(code) !== null,
    provenance,
    fetch: async (id, signal) => {
      await engine.puller.fetch([id], signal);
      await catchUp();
    },
    catchUp: catchUp,
    lock: async (work) => (locks ? await locks.request(`miaopu-numbers-${site}`, work) : work()),
  });
  const lotOf = (id: LotId): Lot | null => {
    const key = lotKey(id);
    const moves = documents.all<LedgerMove>('stock:').filter((move) => lotKey(move) === key);
    return lotsOf(moves, index.given, clock.today())[0] ?? null;
  };
  const repository = createRepository({
    store,
    clock,
    ulid,
    author: { by: account, station, site, app },
    senior: parts.senior,
    holder: { card: index.byCard, idNumber: index.byIdNumber },
    numbered: numbers.next,
    lotOf,
    routes: parts.routes,
    refused: (id) => refusedRevisions(store, id),
    seen: catchUp,
    ...(parts.members && { members: parts.members }),
  });

  const outbox = createOutbox(store);
  // What is made above asks it for documents, later.
  const engine: Engine = createEngine({
    store,
    catalog,
    outbox,
    server,
    clock,
    place: clinicPlace(site),
    station,
    ulid,
    session: { name: account, ...session },
    childName: (id) => index.row(id)?.name ?? null,
    channel,
    locks,
    changed,
    ...(parts.firstDelayMs !== undefined && { firstDelayMs: parts.firstDelayMs }),
    report: (refused, settled) => reportDenials(parts, provenance, refused, settled),
    heartbeat: (report, signal) => tellCounty(parts, engine.puller, report, signal),
    chores: (signal) => reserveNumbers(parts, numbers, repository, signal),
  });

  return { lotOf, repository, numbers, engine, provenance };
}
