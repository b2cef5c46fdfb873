/**
 * The protocol of a move between sites (转入, 转出), and which sites have a part in a child's case. All
 * of it is derived from the case, so that whoever has the same events sees the same state. The server
 * has the same functions (`miaopu.case.moving`, which tells the rules); both are held against
 * `tests/vectors/moves.json`.
 */
import { type ChildDoc, fact, standing } from './document.ts';

/** 在册情况: 迁出, 临时接种, 外地转来. */
export const MOVED_OUT = '2';
export const TEMPORARY = '9';
export const MOVED_IN = '10';

export type Step = 'requested' | 'released' | 'received';

export interface MoveState {
  phase: 'none' | 'requested' | 'released';
  /** The managing site (管理单位). */
  from: string | null;
  /** Who asks, or to whom the child was released; empty for a release to whoever asks. */
  to: string[];
  /** ULIDs of the steps that make this phase. */
  steps: string[];
}

/** The sites that have had a part in the case; it only grows. */
export function holders(child: ChildDoc): Set<string> {
  const found = new Set<string>();
  const manager = fact(child, 'site');
  if (manager) found.add(manager);
  for (const event of Object.values(child.events)) {
    found.add(event.site);
    if (event.kind !== 'move') continue;
    if (event.from_site) found.add(event.from_site);
    if (event.to_site) found.add(event.to_site);
  }
  return found;
}

/** Holders other than one's own clinic, sorted. */
export function otherHolders(child: ChildDoc, site: string): string[] {
  return [...holders(child)].filter((holder) => holder !== site).sort();
}

/**
 * ULIDs of the requests and releases that no receipt answers: what one must name. A receipt answers
 * for ever, also when it is taken back: an old release never serves again.
 */
export function unanswered(child: ChildDoc): string[] {
  const answered = new Set(
    Object.values(child.events).flatMap((event) =>
      event.kind === 'move' && event.step === 'received' ? (event.answers ?? []) : [],
    ),
  );
  return standing(child, 'move')
    .filter(({ id, event }) => event.step !== 'received' && !answered.has(id))
    .map(({ id }) => id);
}

/** What is open of a child's moves. */
export function moveState(child: ChildDoc): MoveState {
  const manager = fact(child, 'site');
  const open = new Set(unanswered(child));
  const live = standing(child, 'move').filter(({ id, event }) => {
    if (!open.has(id)) return false;
    const from = event.from_site ?? (event.step === 'released' ? event.site : null);
    return from === manager && event.to_site !== (manager ?? undefined);
  });
  for (const phase of ['released', 'requested'] as const) {
    const found = live.filter(({ event }) => event.step === phase);
    if (found.length === 0) continue;
    const sites = found.map(({ event }) => event.to_site);
    const to = sites.includes(undefined)
      ? []
      : [...new Set(sites as string[])].sort((a, b) => (a < b ? -1 : 1));
    return { phase, from: manager, to, steps: found.map(({ id }) => id) };
  }
  return { phase: 'none', from: manager, to: [], steps: [] };
}

/** The steps that `site` may take now. */
export function may(child: ChildDoc, site: string): Set<Step> {
  const { phase, from, to } = moveState(child);
  if (from === site) return new Set(phase === 'released' ? [] : ['released']);
  if (phase === 'released' && (to.length === 0 || to.includes(site))) return new Set(['received']);
  if (phase === 'requested' && to.includes(site)) return new Set();
  return new Set(from === null ? [] : ['requested']);
}

/** Was the child managed by `site`, and has another site received it since? */
export function hasLeft(child: ChildDoc, site: string): boolean {
  return (
    fact(child, 'site') !== site &&
    standing(child, 'move').some(
      ({ event }) => event.step === 'received' && event.from_site === site,
    )
  );
}

/** 在册情况 as `site` sees it: one child is 外地转来 at the new clinic and 迁出 at the old. */
export function registerStatus(child: ChildDoc, site: string): string | null {
  const manager = fact(child, 'site');
  if (manager === null || manager === site) return fact(child, 'register_status');
  if (hasLeft(child, site)) return MOVED_OUT;
  return standing(child, 'visit').some(({ event }) => event.site === site) ? TEMPORARY : null;
}
