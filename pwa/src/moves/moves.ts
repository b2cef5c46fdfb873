/**
 * The steps of a move that a clinic's people take (转入、转出), and bringing a case here. Each step is
 * an event that works offline; whether it is open is decided by the {@link may} of the protocol.
 */
import type { ChildDoc } from '../case/document.ts';
import { MOVED_IN, MOVED_OUT, may, moveState, type Step, unanswered } from '../case/moving.ts';
import { fetchCase } from '../lookup/api.ts';
import { Fault } from '../storage/fault.ts';
import type { Server } from '../sync/server.ts';
import type { Repository } from '../workspace/repository.ts';

export interface Moves {
  /** Brings a case here, for a visit or to ask for it; returns the id it is shown under. Online. */
  bring(id: string, purpose: 'visit' | 'move'): Promise<string>;
  /** Asks for a child whose case is here already; works offline. */
  request(id: string): Promise<ChildDoc>;
  /** Lets a child go to a clinic, or out of this system when none is named. */
  release(id: string, to: string | null, reason: string): Promise<ChildDoc>;
  receive(id: string): Promise<ChildDoc>;
  /** Takes back the clinic's own open steps. */
  cancel(id: string): Promise<void>;
}

/** One clinic's device. */
export interface MovesParts {
  site: string;
  today: () => string;
  /** A child read whole, with the cases that are joined to it. */
  get: (id: string) => Promise<ChildDoc | null>;
  repository: Pick<Repository, 'addEvent' | 'record' | 'void'>;
  server: Server;
  /** Brings documents of the clinic's database to this device. */
  fetch: (ids: readonly string[]) => Promise<unknown>;
  catchUp: () => Promise<void>;
}

/** Every step throws the Faults `UnknownChild` and `MoveNotOpen`, and what the repository throws. */
export function createMoves(parts: MovesParts): Moves {
  const { site, today, repository } = parts;

  const here = async (id: string) => {
    const child = await parts.get(id);
    if (!child) throw new Fault('UnknownChild', { id });
    return child;
  };
  const step = async (id: string, name: Step) => {
    const child = await here(id);
    // The page may have shown an older state than the one that a sync has just brought.
    if (!may(child, site).has(name)) throw new Fault('MoveNotOpen', { id });
    return child;
  };

  return {
    async bring(id, purpose) {
      const shown = await fetchCase(parts.server, id, purpose);
      await parts.fetch([shown]);
      await parts.catchUp();
      return shown;
    },
    async request(id) {
      const child = await step(id, 'requested');
      return repository.addEvent(child._id, {
        kind: 'move',
        date: today(),
        step: 'requested',
        from_site: moveState(child).from as string,
        to_site: site,
      });
    },
    async release(id, to, reason) {
      const child = await step(id, 'released');
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
      const own = moveState(child).steps.filter((id) => child.events[id]?.site === site);
      if (own.length === 0) throw new Fault('MoveNotOpen', { id });
      for (const open of own) await repository.void(child._id, open, 'other');
    },
  };
}
