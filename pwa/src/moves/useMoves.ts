/** The moves of the clinic's children (转入, 转出): what is open, and the steps a person takes. */
import { type ComputedRef, computed } from 'vue';
import {
  catalogMirror,
  catalogVersion,
  childrenVersion,
  opened,
  workspace,
} from '../accounts/workspace.ts';
import type { ChildDoc } from '../children/document.ts';
import type { ChildRow } from '../children/row.ts';
import { deviceClock } from '../clock/useClock.ts';
import type { Site } from '../models/generated.ts';
import { Fault } from '../storage/fault.ts';
import { createServer } from '../sync/server.ts';
import { fetchCase } from './api.ts';
import { MOVED_IN, MOVED_OUT, may, moveState, unanswered } from './protocol.ts';

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

export interface UseMoves {
  open: ComputedRef<OpenMoves>;
  /** Clinics that a child may be released to. */
  sites: ComputedRef<{ code: string; name: string }[]>;
  /** Brings a case here, for a visit or to ask for it; returns the id it is shown under. Online. */
  bring(id: string, purpose: 'visit' | 'move'): Promise<string>;
  /** Asks for a child whose case is here already; works offline. */
  request(id: string): Promise<ChildDoc>;
  /** Lets a child go to a clinic, or out of this system when none is named. */
  release(id: string, to: string | null, reason: string): Promise<ChildDoc>;
  receive(id: string): Promise<ChildDoc>;
  /** Takes back the own open steps. */
  cancel(id: string): Promise<void>;
}

const NONE: OpenMoves = { asked: [], released: [], waiting: [] };

export function useMoves(): UseMoves {
  const here = async (id: string) => {
    const child = await opened().get(id);
    if (!child) throw new Fault('UnknownChild', { id });
    return child;
  };
  const step = async (id: string, name: 'requested' | 'released' | 'received') => {
    const child = await here(id);
    // The page may have shown an older state than the one that a sync has just brought.
    if (!may(child, opened().site).has(name)) throw new Fault('MoveNotOpen', { id });
    return child;
  };
  const today = () => deviceClock().today();
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
    async bring(id, purpose) {
      const shown = await fetchCase(createServer(), id, purpose);
      await opened().engine.puller.fetch([shown]);
      await opened().catchUp();
      return shown;
    },
    async request(id) {
      const child = await step(id, 'requested');
      const { site, repository } = opened();
      const from = moveState(child).from as string;
      return repository.addEvent(child._id, {
        kind: 'move',
        date: today(),
        step: 'requested',
        from_site: from,
        to_site: site,
      });
    },
    async release(id, to, reason) {
      const child = await step(id, 'released');
      const { site, repository } = opened();
      const event = {
        kind: 'move',
        date: today(),
        step: 'released',
        from_site: site,
        ...(to && { to_site: to }),
        ...(reason && { reason }),
      } as const;
      // Out of this system nobody answers with a receipt: the register says it at once.
      return repository.record(child._id, [event], to ? {} : { register_status: MOVED_OUT });
    },
    async receive(id) {
      const child = await step(id, 'received');
      const { site, repository } = opened();
      const event = {
        kind: 'move',
        date: today(),
        step: 'received',
        from_site: moveState(child).from as string,
        to_site: site,
        answers: unanswered(child),
      } as const;
      return repository.record(child._id, [event], { site, register_status: MOVED_IN });
    },
    async cancel(id) {
      const child = await here(id);
      const { site, repository } = opened();
      for (const own of moveState(child).steps) {
        if (child.events[own]?.site === site) await repository.void(child._id, own, 'other');
      }
    },
  };
}
