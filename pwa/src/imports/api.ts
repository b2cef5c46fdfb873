/** Bringing old records in (导入旧资料), through the server's `/api/imports`. */

import type { AskedCommit, AskedRows, Batches, JobShown, Mapping, RowPage } from '../models/api.ts';
import { type Fetch, reach } from '../sync/server.ts';

/** Each is a key of the catalogue, below `imports.fault`. */
export const IMPORT_FAULTS = [
  'offline',
  'login',
  'forbidden',
  'gone',
  'busy',
  'tooLarge',
  'tooMany',
  'server',
] as const;
export type ImportFaultCode = (typeof IMPORT_FAULTS)[number];

export class ImportFault extends Error {
  override name = 'ImportFault';
  readonly code: ImportFaultCode;

  constructor(code: ImportFaultCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

const BY_STATUS: Readonly<Record<number, ImportFaultCode>> = {
  401: 'login',
  403: 'forbidden',
  404: 'gone',
  409: 'busy',
  413: 'tooLarge',
  429: 'tooMany',
};

export interface Imports {
  send(file: File): Promise<JobShown>;
  job(id: string): Promise<JobShown>;
  preview(id: string, mapping: Mapping): Promise<JobShown>;
  rows(asked: AskedRows): Promise<RowPage>;
  commit(asked: AskedCommit): Promise<JobShown>;
  batches(): Promise<Batches>;
  undo(batch: string): Promise<JobShown>;
}

/** All of it throws {@link ImportFault}. */
export function createImports(fetcher: Fetch = reach): Imports {
  async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetcher(`/api/imports/${path}`, { credentials: 'same-origin', ...init });
      answer = await response.json();
    } catch (error) {
      throw new ImportFault('offline', { cause: error });
    }
    if (!response.ok) throw new ImportFault(BY_STATUS[response.status] ?? 'server');
    return answer as T;
  }
  const ask = <T>(path: string, body: unknown) =>
    call<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    send: (file) =>
      call('files', {
        method: 'POST',
        headers: {
          'content-type': 'application/octet-stream',
          'x-file-name': encodeURIComponent(file.name),
        },
        body: file,
      }),
    job: (id) => call(`jobs/${id}`),
    preview: (id, mapping) => ask('preview', { id, mapping }),
    rows: (asked) => ask('rows', asked),
    commit: (asked) => ask('commit', asked),
    batches: () => call('batches'),
    undo: (batch) => ask('undo', { batch }),
  };
}

export const isBusy = ({ state }: JobShown) =>
  state === 'reading' || state === 'planning' || state === 'writing';
