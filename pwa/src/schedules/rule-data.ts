/** Reads and writes the programme of a region (免疫程序、地方规则). Online only. */
import type { Rule } from '../forecast/local-rules.ts';
import type { Region, ScheduleDocument, Site } from '../models/generated.ts';
import type { Problem } from '../schedule/index.ts';
import type { Server } from '../sync/server.ts';
import type { Proposal } from './programme.ts';
import type { ExampleTrial, Tally } from './trial.ts';

export interface CatalogContent {
  schedules: ScheduleDocument[];
  rules: Rule[];
  sites: Site[];
  regions: Region[];
}

/** What the server says of a proposal: what it breaks, and what it changes for whom. */
export interface Preview {
  problems: Problem[];
  examples: ExampleTrial[];
  /** Null while there are errors. `is_all`: no child of the region was left out. */
  region: (Tally & { is_all: boolean }) | null;
}

/** An entry of a dictionary that people wrote, other than the program brings it. */
export interface OwnEntry {
  dictionary: string;
  code: string;
}

interface Rows<T> {
  rows: { doc: T }[];
}

export interface RuleStore {
  load(): Promise<CatalogContent>;
  /** Entries of dictionaries that were added or edited here, and that updates leave alone. */
  ownEntries(): Promise<OwnEntry[]>;
  /** Tries a rule or an edition, on ten example children and on those of the region. */
  preview(proposal: Proposal, today: string): Promise<Preview>;
  /** Writes it; throws `SyncFault` when the server refuses it, or somebody else was quicker. */
  save(proposal: Proposal): Promise<void>;
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
    async ownEntries() {
      return (await server.json<{ entries: OwnEntry[] }>('/api/schedules/own-entries')).entries;
    },
    async preview(proposal, today) {
      const written = Object.entries(proposal).filter(([name]) => !name.startsWith('_'));
      const body = { proposal: Object.fromEntries(written), today };
      return await server.json<Preview>('/api/schedules/preview', { method: 'POST', body });
    },
    async save(proposal) {
      const id = `${proposal.type}:${proposal.name}`;
      const body = { ...proposal, _id: id };
      await server.json(`/db/catalog/${encodeURIComponent(id)}`, { method: 'PUT', body });
    },
  };
}
