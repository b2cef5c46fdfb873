/** The moves of the clinic's children (转入, 转出): what is open, and the steps a person takes. */
import { type ComputedRef, computed } from 'vue';
import { MOVED_OUT } from '../case/moving.ts';
import { deviceClock } from '../clock/useClock.ts';
import type { Site } from '../models/generated.ts';
import { createServer } from '../sync/server.ts';
import type { ChildRow } from '../workspace/row.ts';
import {
  catalogMirror,
  catalogVersion,
  childrenVersion,
  opened,
  workspace,
} from '../workspace/workspace.ts';
import { createMoves, type Moves } from './moves.ts';

export interface OpenMoves {
  /** Other clinics ask for children of this one. */
  asked: ChildRow[];
  /** Children who were released to this clinic. */
  released: ChildRow[];
  /** The other side's turn. */
  waiting: ChildRow[];
}

/** Whose turn it is in each open move that concerns a clinic. */
export function openMoves(rows: readonly ChildRow[], site: string): OpenMoves {
  const open: OpenMoves = { asked: [], released: [], waiting: [] };
  for (const row of rows) {
    if (row.move === 'none') continue;
    const own = row.site === site;
    // Out of this system nobody answers: the register says that it is done.
    if (own && row.status === MOVED_OUT) continue;
    const mine = row.moveTo.length === 0 || row.moveTo.includes(site);
    if (own && row.move === 'requested') open.asked.push(row);
    else if (!own && mine && row.move === 'released') open.released.push(row);
    else if (own || mine) open.waiting.push(row);
  }
  return open;
}

export interface UseMoves extends Moves {
  open: ComputedRef<OpenMoves>;
  /** Clinics that a child may be released to. */
  sites: ComputedRef<{ code: string; name: string }[]>;
}

const NONE: OpenMoves = { asked: [], released: [], waiting: [] };

/** The steps at the clinic that is open at the time of the call. */
const movesHere = (): Moves => {
  const { site, get, repository, engine, catchUp } = opened();
  return createMoves({
    site,
    today: () => deviceClock().today(),
    get,
    repository,
    server: createServer(),
    fetch: (ids) => engine.puller.fetch(ids),
    catchUp,
  });
};

export function useMoves(): UseMoves {
  return {
    open: computed(() => {
      void childrenVersion.value;
      const now = workspace.value;
      return now ? openMoves(now.index.rows(), now.site) : NONE;
    }),
    sites: computed(() => {
      void catalogVersion.value;
      const own = workspace.value?.site;
      return catalogMirror
        .all<Site>('site:')
        .filter(({ code }) => code !== own)
        .map(({ code, name }) => ({ code, name }));
    }),
    bring: (id, purpose) => movesHere().bring(id, purpose),
    request: (id) => movesHere().request(id),
    release: (id, to, reason) => movesHere().release(id, to, reason),
    receive: (id) => movesHere().receive(id),
    cancel: (id) => movesHere().cancel(id),
  };
}
