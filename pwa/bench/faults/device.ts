/**
 * A tablet (平板) that can be killed at any moment: the program's own data side over an IndexedDB in
 * memory, which outlives the program as a disk does.
 */
import type PouchDB from 'pouchdb-core';
import { type Clinic, createClinic } from '../../src/accounts/clinic.ts';
import { type ChildIndex, createIndex } from '../../src/children/child-index.ts';
import { type ChildDoc, isChildId } from '../../src/children/document.ts';
import { mergeLeaves, readChild } from '../../src/children/leaves.ts';
import type { Pinyin } from '../../src/children/row.ts';
import { createClock } from '../../src/clock/clock.ts';
import { createUlid } from '../../src/ids/ulid.ts';
import { indexedDbName, openDatabase } from '../../src/storage/database.ts';
import { openFill } from '../../src/storage/fill.ts';
import { follow } from '../../src/storage/follow.ts';
import { createMirror, type Mirror, readSmall } from '../../src/storage/mirror.ts';
import { createStore, type Store } from '../../src/storage/store.ts';
import { createServer } from '../../src/sync/server.ts';
import { INITIAL_STATUS, type SyncStatus } from '../../src/sync/types.ts';
import { createNetwork, type Network } from './network.ts';
import type { Random } from './random.ts';

const never = new Promise<never>(() => {});

/** A database that a program loses when it is killed: it is answered no more. */
class Gate {
  private open = true;
  private readonly under = new Set<Promise<unknown>>();

  guard<A extends unknown[], R>(work: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
    return (...given) => {
      if (!this.open) return never;
      const running = work(...given);
      this.under.add(running);
      const settle = () => {
        this.under.delete(running);
      };
      running.then(settle, settle);
      return running.then(
        (value) => (this.open ? value : never),
        (error) => {
          if (this.open) throw error;
          return never;
        },
      );
    };
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

function gated(db: PouchDB.Database, gate: Gate): PouchDB.Database {
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

/** One lock after the other, as `navigator.locks` gives them within one device. */
function createLocks(): LockManager {
  const queues = new Map<string, Promise<unknown>>();
  const request = (name: string, ...rest: unknown[]) => {
    const work = rest.at(-1) as () => Promise<unknown>;
    const turn = (queues.get(name) ?? Promise.resolve()).then(work, work);
    queues.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  };
  return { request } as unknown as LockManager;
}

export interface DeviceOptions {
  name: string;
  site: string;
  account: string;
  /** The program's version. */
  app: string;
  address: () => string;
  cookie: () => string;
  catalog: Store;
  pinyin: Pinyin;
  random: Random;
}

/** The program as it runs, from a start to a kill. */
interface Running extends Clinic {
  gate: Gate;
  network: Network;
  store: Store;
  index: ChildIndex;
  documents: Mirror;
  catchUp(): Promise<void>;
  get(id: string): Promise<ChildDoc | null>;
  status: SyncStatus;
}

export class Device {
  readonly name: string;
  readonly site: string;
  readonly account: string;
  readonly station: string;
  /** ms that the device's clock is ahead. */
  ahead = 0;
  risk = 0;
  /** How often it was started. */
  starts = 0;
  readonly met = new Map<string, number>();
  private readonly options: DeviceOptions;
  private readonly kept = new Map<string, string>();
  private running: Running | null = null;
  private handles: PouchDB.Database[] = [];

  constructor(options: DeviceOptions) {
    this.options = options;
    this.name = options.name;
    this.site = options.site;
    this.account = options.account;
    this.station = createUlid()();
  }

  get on(): boolean {
    return this.running !== null;
  }

  /** The running program; throws when it is off. */
  get program(): Running {
    if (!this.running) throw new Error(`${this.name} is off`);
    return this.running;
  }

  setRisk(risk: number): void {
    this.risk = risk;
    if (this.running) this.running.network.risk = risk;
  }

  async start(): Promise<void> {
    const { site, account, app, catalog, pinyin, random } = this.options;
    this.starts++;
    const now = () => Date.now() + this.ahead;
    const keep = {
      getItem: (key: string) => this.kept.get(key) ?? null,
      setItem: (key: string, value: string) => void this.kept.set(key, value),
    };
    const gate = new Gate();
    const network = createNetwork({
      address: this.options.address,
      cookie: this.options.cookie,
      random: random.fork(`network ${this.starts}`),
    });
    network.risk = this.risk;
    network.met = this.met;
    const local = `miaopu-${this.name}`;
    const bare = await openDatabase(local);
    this.handles.push(bare);
    const db = gated(bare, gate);
    const fill = await openFill(indexedDbName(local));
    const store = createStore(db, null, fill && gate.guard(fill));
    const index = createIndex(site, pinyin, null);
    const documents = createMirror((id) => !isChildId(id) && !id.startsWith('_'));
    documents.take(await readSmall(db));
    const follower = follow(store, 0, async (docs) => {
      for (const doc of docs) {
        if (!isChildId(doc._id)) continue;
        if (doc._deleted) index.remove(doc._id);
        else index.put(await mergeLeaves(db, doc as unknown as ChildDoc));
      }
      documents.take(docs);
    });
    await follower.catchUp();
    const clinic = createClinic({
      store,
      catalog,
      server: createServer('', network.fetch),
      clock: createClock(keep, now),
      ulid: createUlid(now),
      index,
      documents,
      catchUp: follower.catchUp,
      site,
      account,
      station: this.station,
      stationName: () => this.name,
      app,
      session: { confirmed() {}, lost() {} },
      changed: (status) => {
        running.status = status;
      },
      reported: async () => {},
      channel: null,
      locks: createLocks(),
      firstDelayMs: 10,
    });
    const running: Running = {
      ...clinic,
      gate,
      network,
      store,
      index,
      documents,
      catchUp: follower.catchUp,
      get: (id) => readChild(db, id),
      status: INITIAL_STATUS,
    };
    this.running = running;
    clinic.engine.start();
  }

  /** Ends the program where it stands: nothing of it is written, sent or heard any more. */
  async kill(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = null;
    running.network.cut();
    const quiet = running.gate.close();
    // Only for its timers; it reaches neither the disk nor the network any more.
    void running.engine.stop();
    await quiet;
  }

  /** A round of sync that is not waited for longer than `ms`. */
  async sync(ms: number): Promise<void> {
    const { engine } = this.program;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([engine.syncNow(), late]);
    clearTimeout(timer);
  }

  /** Ends it, and throws its disk away. */
  async scrap(): Promise<void> {
    await this.kill();
    const [first] = this.handles;
    await first?.destroy();
  }
}
