/** One file on its way, followed until it stands still. */
import { onBeforeUnmount, type Ref, ref, shallowRef } from 'vue';
import type { JobShown } from '../models/api.ts';
import { createImports, ImportFault, type ImportFaultCode, type Imports, isBusy } from './api.ts';

const EVERY_MS = 500;

export interface UseImport {
  api: Imports;
  job: Readonly<Ref<JobShown | null>>;
  fault: Ref<ImportFaultCode | null>;
  working: Readonly<Ref<boolean>>;
  /** Begins something, and follows it to its end; null when it could not be begun. */
  follow(begin: () => Promise<JobShown>): Promise<JobShown | null>;
  /** Does something and shows what goes wrong. */
  attempt<T>(work: () => Promise<T>): Promise<T | null>;
  forget(): void;
}

export function useImport(api: Imports = createImports()): UseImport {
  const job = shallowRef<JobShown | null>(null);
  const fault = ref<ImportFaultCode | null>(null);
  const working = ref(false);
  let gone = false;
  onBeforeUnmount(() => {
    gone = true;
  });

  async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
    fault.value = null;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ImportFault)) throw error;
      fault.value = error.code;
      return null;
    }
  }

  async function follow(begin: () => Promise<JobShown>): Promise<JobShown | null> {
    if (working.value) return null;
    working.value = true;
    try {
      return await attempt(async () => {
        job.value = await begin();
        while (isBusy(job.value) && !gone) {
          await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
          job.value = await api.job(job.value.id);
        }
        return job.value;
      });
    } finally {
      working.value = false;
    }
  }

  return {
    api,
    job,
    fault,
    working,
    follow,
    attempt,
    forget() {
      job.value = null;
    },
  };
}
