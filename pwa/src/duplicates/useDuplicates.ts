/** Suspected and joined duplicates for pages: of a clinic from its device, of a region online. */

import type { ChildDoc } from '../case/document.ts';
import { readChildren } from '../case/leaves.ts';
import { pathOf } from '../ids/place.ts';
import type { Pairs } from '../models/api.ts';
import { createServer } from '../sync/server.ts';
import { useSession } from '../workspace/session.ts';
import { opened, workspace } from '../workspace/workspace.ts';
import { type Decision, decide, keptOf } from './decide.ts';
import { type Pair, suspectPairs } from './suspects.ts';

export interface Duplicates {
  pairs(): Promise<(Pair & { names: [string, string] })[]>;
  /** Cases that were joined, as far as they were known when `pairs` was last asked. */
  joined(): { id: string; name: string; ids: string[] }[];
  /** Both cases of a pair as they stand, each for itself. */
  cases(ids: readonly string[]): Promise<ChildDoc[]>;
  decide(ids: readonly [string, string], decision: Decision): Promise<void>;
}

function ofClinic(): Duplicates {
  const cases = (ids: readonly string[]) => readChildren(opened().store.db, ids);
  return {
    cases,
    async pairs() {
      const { index } = opened();
      return suspectPairs(index.rows(), index.readings).map((pair) => ({
        ...pair,
        names: [index.row(pair.ids[0])?.name ?? '', index.row(pair.ids[1])?.name ?? ''],
      }));
    },
    joined: () =>
      (workspace.value?.index.rows() ?? []).flatMap(({ id, name, links }) =>
        links.length ? [{ id, name, ids: [...new Set(links.flat())] }] : [],
      ),
    async decide(ids, decision) {
      await decide(opened().repository, await cases(ids), decision);
    },
  };
}

function ofRegion(region: string): Duplicates {
  const server = createServer();
  let together: ReturnType<Duplicates['joined']> = [];
  const cases = async (ids: readonly string[]) => {
    const { rows } = await server.json<{ rows: { doc?: ChildDoc | null }[] }>(
      `${pathOf({ kind: 'region', code: region })}/_all_docs?include_docs=true`,
      { method: 'POST', body: { keys: ids } },
    );
    return rows.flatMap(({ doc }) => (doc ? [doc] : []));
  };
  return {
    cases,
    async pairs() {
      const { pairs, joined } = await server.json<Pairs>('/api/cases/duplicates', {
        method: 'POST',
        body: {},
      });
      together = joined.map(({ cases: [a, b] }) => ({
        id: a.id,
        name: a.name ?? b.name ?? '',
        ids: [a.id, b.id],
      }));
      return pairs.map(({ reason, cases: [a, b] }) => ({
        reason,
        ids: [a.id, b.id],
        names: [a.name ?? '', b.name ?? ''],
      }));
    },
    joined: () => together,
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
