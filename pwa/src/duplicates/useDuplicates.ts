/** Suspected and joined duplicates for pages: of a clinic from its device, of a region online. */
import { useSession } from '../accounts/session.ts';
import { opened, workspace } from '../accounts/workspace.ts';
import { type ChildDoc, standing } from '../children/document.ts';
import { readChildren } from '../children/leaves.ts';
import type { CaseRow } from '../moves/api.ts';
import { createServer } from '../sync/server.ts';
import { isProvisional, type Suspicion } from './joined.ts';
import { type Pair, suspectPairs } from './suspects.ts';

export type Decision = 'same' | 'different' | 'undo';

export interface Duplicates {
  pairs(): Promise<(Pair & { names: [string, string] })[]>;
  /** Cases that were joined; of a clinic alone. */
  joined(): { id: string; name: string; ids: string[] }[];
  /** Both cases of a pair as they stand, each for itself. */
  cases(ids: readonly string[]): Promise<ChildDoc[]>;
  decide(ids: readonly [string, string], decision: Decision): Promise<void>;
}

/** The case that is kept as the main record of two: not a provisional one, else the older. */
export function keptOf(cases: readonly ChildDoc[]): ChildDoc | null {
  const sorted = [...cases].sort((a, b) => (a._id < b._id ? -1 : 1));
  return sorted.find((child) => !isProvisional(child)) ?? sorted[0] ?? null;
}

function ofClinic(): Duplicates {
  const cases = (ids: readonly string[]) => readChildren(opened().store.db, ids);
  return {
    cases,
    async pairs() {
      const { index } = opened();
      return suspectPairs(index.rows()).map((pair) => ({
        ...pair,
        names: [index.row(pair.ids[0])?.name ?? '', index.row(pair.ids[1])?.name ?? ''],
      }));
    },
    joined: () =>
      (workspace.value?.index.rows() ?? []).flatMap(({ id, name, links }) =>
        links.length ? [{ id, name, ids: [...new Set(links.flat())] }] : [],
      ),
    async decide(ids, decision) {
      const { repository } = opened();
      const both = await cases(ids);
      if (decision === 'undo') {
        for (const child of both) {
          for (const { id, event } of standing(child, 'same_as', 'not_same_as')) {
            if (!ids.includes(event.target)) continue;
            await repository.void(child._id, id, 'wrong_entry');
          }
        }
        return;
      }
      const kept = keptOf(both);
      const other = both.find((child) => child !== kept);
      if (!kept || !other) return;
      const kind = decision === 'same' ? 'same_as' : 'not_same_as';
      await repository.addEvent(other._id, { kind, target: kept._id });
    },
  };
}

function ofRegion(region: string): Duplicates {
  const server = createServer();
  const cases = async (ids: readonly string[]) => {
    const { rows } = await server.json<{ rows: { doc?: ChildDoc | null }[] }>(
      `/db/region-${region}/_all_docs?include_docs=true`,
      { method: 'POST', body: { keys: ids } },
    );
    return rows.flatMap(({ doc }) => (doc ? [doc] : []));
  };
  return {
    cases,
    async pairs() {
      const { pairs } = await server.json<{
        pairs: { reason: Suspicion; cases: [CaseRow, CaseRow] }[];
      }>('/api/cases/duplicates', { method: 'POST', body: {} });
      return pairs.map(({ reason, cases: [a, b] }) => ({
        reason,
        ids: [a.id, b.id],
        names: [a.name ?? '', b.name ?? ''],
      }));
    },
    joined: () => [],
    async decide(ids, decision) {
      const kept = keptOf(await cases(ids));
      const target = kept?._id ?? ids[0];
      const id = ids.find((one) => one !== target) as string;
      const body = { id, target, decision };
      await server.json('/api/cases/decide', { method: 'POST', body });
    },
  };
}

/** For whoever is logged in. */
export function useDuplicates(): Duplicates {
  const region = useSession().user.value?.region;
  return region ? ofRegion(region) : ofClinic();
}
