/** The vaccine ledger of the clinic (生物制品出入库). */
import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue';
import { idOf, type LedgerMove, type Lot, type LotId, lotKey, lotsOf } from '../case/lots.ts';
import { denialOfDocument } from '../case/rules/rules.ts';
import { deviceClock } from '../clock/useClock.ts';
import { ulid } from '../ids/ulid.ts';
import type { StockMove } from '../models/generated.ts';
import { Fault } from '../storage/fault.ts';
import {
  catalogRoutes,
  childrenVersion,
  documentsVersion,
  opened,
  workspace,
} from '../workspace/workspace.ts';

import type { Known } from './moves.ts';

export type { Lot } from '../case/lots.ts';

export type NewMove = Omit<
  StockMove,
  '_id' | '_rev' | 'type' | 'at' | 'by' | 'station' | 'site' | 'offset_ms' | 'app'
>;

/** The lots of a vaccine, or of all vaccines when null; first expired first out. */
export function useLots(vaccine: MaybeRefOrGetter<string | null>): ComputedRef<Lot[]> {
  return computed(() => {
    void childrenVersion.value;
    void documentsVersion.value;
    const open = workspace.value;
    if (!open) return [];
    return lotsOf(
      open.documents.all<LedgerMove>('stock:'),
      open.index.given,
      deviceClock().today(),
      toValue(vaccine),
    );
  });
}

/** 人份 of one vial of a lot, as its moves say. */
export function perVialOf(key: string): number {
  const moves = workspace.value?.documents.all<LedgerMove>('stock:') ?? [];
  return Math.max(
    1,
    ...moves.filter((one) => lotKey(one) === key).map((one) => one.doses_per_unit ?? 1),
  );
}

/** The moves, the latest first. */
export function useMoves(): ComputedRef<LedgerMove[]> {
  return computed(() => {
    void documentsVersion.value;
    return (workspace.value?.documents.all<LedgerMove>('stock:') ?? []).reverse();
  });
}

/** What this device knows of a lot now: the basis of a count. */
export function knownOf(id: LotId): Known {
  const open = opened();
  const key = lotKey(id);
  const own = open.documents.all<LedgerMove>('stock:').filter((move) => lotKey(move) === key);
  return { seen: own.map(idOf).sort(), given: Math.max(0, open.index.given(key)) };
}

/** Enters a move into the ledger; it is never changed afterwards, only set right by another. */
export async function addMove(move: NewMove): Promise<void> {
  const open = opened();
  const clock = deviceClock();
  clock.recording();
  const given = Object.entries(move).filter(([, value]) => value !== '' && value !== undefined);
  const document = {
    _id: `stock:${ulid()}`,
    type: 'stock',
    ...Object.fromEntries(given),
    ...open.provenance(),
  };
  const denial = denialOfDocument(document, null, {
    routes: catalogRoutes(),
    isWhole: true,
    today: clock.today(),
    lotOf: open.lotOf,
  });
  if (denial) throw new Fault('Denied', { ...denial });
  await open.store.put(document);
  await open.catchUp();
}
