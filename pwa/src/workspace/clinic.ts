/**
 * What records and what syncs at one clinic, put together over a local database (工作间). Knows no
 * screen and no browser: those come as parts.
 */

import { isChildId } from '../case/document.ts';
import { readChild } from '../case/leaves.ts';
import { type LedgerMove, type Lot, type LotId, lotKey, lotsOf } from '../case/lots.ts';
import type { Clock } from '../clock/clock.ts';
import { clinic as clinicPlace, pathOf } from '../ids/place.ts';
import type { NumberBlock, Problem, StockMove } from '../models/generated.ts';
import type { Mirror } from '../storage/mirror.ts';
import type { Channel, Store } from '../storage/store.ts';
import { createEngine, type Engine, type EngineOptions } from '../sync/engine.ts';
import { createOutbox, type Refusal, refusedRevisions } from '../sync/outbox.ts';
import { type Server, SyncFault } from '../sync/server.ts';
import type { SyncStatus } from '../sync/types.ts';
import type { ChildIndex } from './child-index.ts';
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
  const { site, account, station, stationName, app } = parts;
  const { session, changed, reported, channel, locks } = parts;

  const provenance = () => ({
    at: clock.instant(),
    by: account,
    station,
    site,
    offset_ms: clock.offset(),
    app,
  });

  let engine: Engine;
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
  const deviceId = `device:${station}`;
  engine = createEngine({
    store,
    catalog,
    outbox,
    server,
    clock,
    place: clinicPlace(site),
    ulid,
    session: { name: account, ...session },
    childName: (id) => index.row(id)?.name ?? null,
    channel,
    locks,
    changed,
    ...(parts.firstDelayMs !== undefined && { firstDelayMs: parts.firstDelayMs }),
    async report(refused, settled) {
      let written = false;
      const write = async (refusal: Refusal, resolved: boolean) => {
        const { id, rev, part, reason, problem, at } = refusal;
        // A report that is refused itself is shown here and not reported on; a child is reported on
        // once it is known what of it is refused.
        if (id.startsWith('problem:') || (part === null && isChildId(id))) return;
        const _id = `problem:${problem}`;
        const known = documents.get<Problem>(_id);
        if (known ? !resolved || known.resolved_at : resolved) return;
        written = true;
        await store.put({
          ...(known ?? {
            _id,
            type: 'problem',
            document: id,
            revision: rev,
            reason: reason.slice(0, 2000),
            ...provenance(),
            at,
          }),
          ...(resolved && { resolved_at: clock.instant() }),
        });
      };
      for (const refusal of refused) await write(refusal, refusal.withdrawn ?? false);
      for (const refusal of settled) await write(refusal, true);
      if (written) await catchUp();
      return written;
    },
    async heartbeat({ syncedAt, pending, refused }, signal) {
      const path = `${pathOf(clinicPlace(site))}/${encodeURIComponent(deviceId)}`;
      const write = async () => {
        const _rev = documents.get(deviceId)?._rev;
        await server.json(path, {
          method: 'PUT',
          signal,
          body: {
            _id: deviceId,
            ...(_rev && { _rev }),
            type: 'device',
            site,
            name: stationName(),
            app,
            synced_at: syncedAt,
            pending,
            refused,
            offset_ms: clock.offset() ?? 0,
          },
        });
      };
      const bring = async () => {
        await engine.puller.fetch([deviceId], signal);
        await catchUp();
      };
      try {
        await write();
      } catch (error) {
        if (!(error instanceof SyncFault) || error.status !== 409) throw error;
        await bring();
        await write();
      }
      await bring();
      await reported();
    },
    async chores(signal) {
      const year = Number(clock.today().slice(0, 4));
      const wanting = index
        .rows()
        .filter((row) => row.code === null && row.site === site && row.birthDate !== null);
      const years = wanting.map((row) => Number((row.birthDate as string).slice(0, 4)));
      await numbers.reserve([year, year - 1, ...years], signal);
      // Children who were registered while this device held no number.
      for (const { id, birthDate } of wanting) {
        await numbers.next(Number((birthDate as string).slice(0, 4)), async (code) => {
          const child = await readChild(store.db, id);
          if (code && child && !child.facts.child_code?.value) {
            await repository.setFacts(id, { child_code: code });
          }
        });
      }
    },
  });

  return { lotOf, repository, numbers, engine, provenance };
}
