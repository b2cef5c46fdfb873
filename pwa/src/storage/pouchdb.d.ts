/** The part of PouchDB 9 that the program uses. */
declare module 'pouchdb-core' {
  namespace PouchDB {
    interface Meta {
      _id: string;
      _rev?: string;
      _deleted?: boolean;
      _conflicts?: string[];
      _revisions?: { start: number; ids: string[] };
    }
    type Doc = Meta & Record<string, unknown>;
    interface WriteRow {
      ok?: true;
      id: string;
      rev?: string;
      error?: true | string;
      status?: number;
      name?: string;
      message?: string;
      reason?: string;
    }
    interface ChangeRow {
      id: string;
      seq: number;
      changes: { rev: string }[];
      deleted?: boolean;
      doc?: Doc;
    }
    interface Changes {
      results: ChangeRow[];
      last_seq: number;
    }
    interface AllDocsRow {
      id: string;
      key: string;
      value: { rev: string; deleted?: boolean };
      error?: string;
      doc?: Doc | null;
    }
    interface Database {
      name: string;
      info(): Promise<{ doc_count: number; update_seq: number }>;
      get<T extends object = Doc>(
        id: string,
        options?: {
          rev?: string;
          revs?: boolean;
          conflicts?: boolean;
          latest?: boolean;
          open_revs?: 'all' | string[];
        },
      ): Promise<T & Meta>;
      put(
        doc: object,
        options?: { force?: boolean },
      ): Promise<{ ok: true; id: string; rev: string }>;
      bulkDocs(docs: object[], options?: { new_edits?: boolean }): Promise<WriteRow[]>;
      bulkGet(options: {
        docs: { id: string; rev?: string }[];
        revs?: boolean;
      }): Promise<{ results: { id: string; docs: { ok?: Doc; error?: unknown }[] }[] }>;
      allDocs(options: {
        keys?: string[];
        startkey?: string;
        endkey?: string;
        include_docs?: boolean;
        conflicts?: boolean;
        limit?: number;
      }): Promise<{ rows: AllDocsRow[]; total_rows: number }>;
      changes(options: {
        since?: number;
        limit?: number;
        include_docs?: boolean;
        conflicts?: boolean;
        style?: 'all_docs' | 'main_only';
        return_docs?: boolean;
      }): Promise<Changes>;
      revsDiff(revisions: Record<string, string[]>): Promise<Record<string, { missing: string[] }>>;
      close(): Promise<void>;
      destroy(): Promise<void>;
    }
    interface Static {
      new (name: string, options?: Record<string, unknown>): Database;
      plugin(plugin: unknown): Static;
      replicate?(
        source: unknown,
        target: unknown,
        options?: object,
      ): Promise<{ docs_written: number }>;
    }
  }
  const PouchDB: PouchDB.Static;
  export default PouchDB;
}

declare module 'pouchdb-adapter-idb' {
  const plugin: unknown;
  export default plugin;
}

declare module 'pouchdb-adapter-memory' {
  const plugin: unknown;
  export default plugin;
}

declare module 'pouchdb-adapter-http' {
  const plugin: unknown;
  export default plugin;
}

declare module 'pouchdb-replication' {
  const plugin: unknown;
  export default plugin;
}
