/**
 * What the server above refuses of what this clinic's own server took (上级拒收). That server keeps it,
 * and reports it here in its own name.
 */
import type { Problem } from '../models/generated.ts';

export interface RefusedAbove {
  /** The id of the report. */
  problem: string;
  /** The document. */
  id: string;
  childName: string | null;
  /** In the upper server's words. */
  reason: string;
  at: string;
}

/** The account in whose name a server records. */
const SERVER = 'miaopu';

/** Open reports of this clinic's server, the latest first. `nameOf`: a child's name by its id. */
export function refusedAbove(
  problems: readonly (Problem & { _id: string })[],
  nameOf: (id: string) => string | null,
): RefusedAbove[] {
  return problems
    .filter(({ by, resolved_at }) => by === SERVER && !resolved_at)
    .map(({ _id, document, reason, at }) => ({
      problem: _id,
      id: document,
      childName: nameOf(document),
      reason,
      at,
    }))
    .sort((a, b) => b.at.localeCompare(a.at));
}
