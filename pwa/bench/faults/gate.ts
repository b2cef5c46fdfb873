/** Stands between a program and its disk (本机存储): it is left open, held shut, or closed for good. */
import type PouchDB from 'pouchdb-core';

const never = new Promise<never>(() => {});

export class Gate {
  private open = true;
  private asleep: Promise<void> = Promise.resolve();
  private readonly under = new Set<Promise<unknown>>();

  /** The same work, of which a program that is gone hears nothing. */
  guard<A extends unknown[], R>(work: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
    return async (...given) => {
      await this.asleep;
      if (!this.open) return never;
      const running = work(...given);
      this.under.add(running);
      try {
        const value = await running;
        await this.asleep;
        return this.open ? value : await never;
      } catch (error) {
        await this.asleep;
        if (this.open) throw error;
        return never;
      } finally {
        this.under.delete(running);
      }
    };
  }

  /** Nothing goes through until this has resolved. */
  sleep(until: Promise<void>): void {
    this.asleep = until;
  }

  /** Closes at once; resolves when what the disk was busy with has ended. */
  async close(): Promise<void> {
    this.open = false;
    await Promise.allSettled(this.under);
  }
}

const METHODS = [
  'put',
  'get',
  'bulkDocs',
  'bulkGet',
  'allDocs',
  'changes',
  'revsDiff',
  'info',
] as const;

/** A database behind a gate. */
export function gated(db: PouchDB.Database, gate: Gate): PouchDB.Database {
  const methods = new Map<PropertyKey, unknown>(
    METHODS.map((name) => {
      const method = db[name] as (...given: unknown[]) => Promise<unknown>;
      // PouchDB's own promises (of changes) are emitters too; a plain one is enough here.
      return [name, gate.guard(async (...given: unknown[]) => method.apply(db, given))];
    }),
  );
  return new Proxy(db, {
    get: (target, name) => methods.get(name) ?? Reflect.get(target, name, target),
  });
}
