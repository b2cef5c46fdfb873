/** Reads and writes the local rules of a region (地方规则). Online only. */
import type { Rule } from '../forecast/local-rules.ts';
import type { Region, ScheduleDocument, Site } from '../models/generated.ts';
import type { Problem } from '../schedule/index.ts';
import type { Server } from '../sync/server.ts';

export interface CatalogContent {
  schedules: ScheduleDocument[];
  rules: Rule[];
  sites: Site[];
  regions: Region[];
}

interface Rows<T> {
  rows: { doc: T }[];
}

export interface RuleStore {
  load(): Promise<CatalogContent>;
  /** What the server's engine says of a rule over an edition and the rules before it. */
  check(schedule: string, before: readonly Rule[], rule: Rule): Promise<Problem[]>;
  /** Writes it; throws `SyncFault` when the server refuses it, or somebody else was quicker. */
  save(rule: Rule): Promise<void>;
}

export function ruleStore(server: Server): RuleStore {
  const all = async <T>(kind: string): Promise<T[]> => {
    const range = `startkey=${encodeURIComponent(`"${kind}:"`)}&endkey=${encodeURIComponent(`"${kind};"`)}`;
    const answer = await server.json<Rows<T>>(`/db/catalog/_all_docs?include_docs=true&${range}`);
    return answer.rows.map(({ doc }) => doc);
  };
  return {
    async load() {
      const [schedules, rules, sites, regions] = await Promise.all([
        all<ScheduleDocument>('schedule'),
        all<Rule>('layer'),
        all<Site>('site'),
        all<Region>('region'),
      ]);
      return { schedules, rules, sites, regions };
    },
    async check(schedule, before, rule) {
      const body = { schedule, before: before.map(({ layer }) => layer), rule: rule.layer };
      const path = '/api/schedules/check';
      return (await server.json<{ problems: Problem[] }>(path, { method: 'POST', body })).problems;
    },
    async save(rule) {
      const path = `/db/catalog/${encodeURIComponent(rule._id)}`;
      await server.json(path, { method: 'PUT', body: rule });
    },
  };
}
