/**
 * A tablet (平板) that can be killed at any moment: the program's own data side over an IndexedDB in
 * memory, which outlives the program as a disk does. It runs in one tab, or in two at a time.
 */
import type PouchDB from 'pouchdb-core';
import { type ChildDoc, isChildId } from '../../src/case/document.ts';
import { mergeLeaves, readChildren } from '../../src/case/leaves.ts';
import { type Clock, createClock } from '../../src/clock/clock.ts';
import { createUlid } from '../../src/ids/ulid.ts';
import { createMoves, type Moves } from '../../src/moves/moves.ts';
import { indexedDbName, openDatabase } from '../../src/storage/database.ts';
import { openFill } from '../../src/storage/fill.ts';
import { follow } from '../../src/storage/follow.ts';
import { createMirror, type Mirror, readRanges } from '../../src/storage/mirror.ts';
import { createStore, type Store } from '../../src/storage/store.ts';
import { createServer } from '../../src/sync/server.ts';
import { INITIAL_STATUS, type SyncStatus } from '../../src/sync/types.ts';
import { type ChildIndex, createIndex } from '../../src/workspace/child-index.ts';
import { type Clinic, createClinic } from '../../src/workspace/clinic.ts';
import { createGrouping } from '../../src/workspace/grouping.ts';
import { isMirrored, MIRRORED } from '../../src/workspace/mirrored.ts';
import type { Pinyin } from '../../src/workspace/pinyin.ts';
import { Browser } from './browser.ts';
import { Gate, gated } from './gate.ts';
import { createNetwork, type Network } from './network.ts';
import type { Random } from './random.ts';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The account that is 高级用户. */
export const SENIOR = 'senior';

export interface DeviceOptions {
  name: string;
  site: string;
  account: string;
  /** The program's version. */
  app: string;
  address: () => string;
  cookie: (account: string) => string;
  catalog: Store;
  pinyin: Pinyin;
  random: Random;
}

/** The program as it runs in a tab, from its start to its end. */
export interface Tab extends Clinic {
  gate: Gate;
  network: Network;
  store: Store;
  index: ChildIndex;
  documents: Mirror;
  moves: Moves;
  clock: Clock;
  today(): string;
  catchUp(): Promise<void>;
  get(id: string): Promise<ChildDoc | null>;
  status: SyncStatus;
}

export class Device {
  readonly name: string;
  readonly site: string;
  /** Who is logged in. */
  account: string;
  readonly station: string;
  /** ms that the device's clock is ahead. */
  ahead = 0;
  readonly tabs: Tab[] = [];
  readonly met = new Map<string, number>();
  private risk = 0;
  private starts = 0;
  private readonly options: DeviceOptions;
  private readonly browser = new Browser();
  private readonly kept = new Map<string, string>();
  private readonly handles: PouchDB.Database[] = [];

  constructor(options: DeviceOptions) {
    this.options = options;
    this.name = options.name;
    this.site = options.site;
    this.account = options.account;
    this.station = createUlid()();
  }

  get on(): boolean {
    return this.tabs.length > 0;
  }

  /** The tab that was opened last; throws when the device is off. */
  get tab(): Tab {
    const tab = this.tabs.at(-1);
    if (!tab) throw new Error(`${this.name} is off`);
    return tab;
  }

  /** How likely a request meets trouble. */
  setRisk(risk: number): void {
    this.risk = risk;
    for (const { network } of this.tabs) network.risk = risk;
  }

  /** Opens the program, in one more tab when it is open already. */
  async start(): Promise<void> {
    const { site, app, catalog, pinyin, random } = this.options;
    const { account } = this;
    this.starts++;
    const now = () => Date.now() + this.ahead;
    const keep = {
      getItem: (key: string) => this.kept.get(key) ?? null,
      setItem: (key: string, value: string) => void this.kept.set(key, value),
    };
    const gate = new Gate();
    const network = createNetwork({
      address: this.options.address,
      cookie: () => this.options.cookie(account),
      random: random.fork(`network ${this.starts}`),
    });
    network.risk = this.risk;
    network.met = this.met;
    const local = `miaopu-${this.name}`;
    const bare = await openDatabase(local);
    this.handles.push(bare);
    const db = gated(bare, gate);
    const fill = await openFill(indexedDbName(local));
    const store = createStore(db, this.browser.channel(gate, 'changes'), fill && gate.guard(fill));
    const index = createIndex(site, pinyin, null);
    const grouping = createGrouping(db, index);
    const documents = createMirror(isMirrored);
    documents.take(await readRanges(db, MIRRORED));
    const follower = follow(store, 0, async (docs) => {
      for (const doc of docs) {
        if (!isChildId(doc._id)) continue;
        if (doc._deleted) await grouping.remove(doc._id);
        else await grouping.take(await mergeLeaves(db, doc as unknown as ChildDoc));
      }
      documents.take(docs);
    });
    await follower.catchUp();
    const clock = createClock(keep, now);
    const server = createServer('', network.fetch);
    const clinic = createClinic({
      store,
      catalog,
      server,
      clock,
      ulid: createUlid(clock.now),
      index,
      members: grouping.members,
      documents,
      catchUp: follower.catchUp,
      site,
      account,
      senior: () => account === SENIOR,
      routes: () => undefined,
      station: this.station,
      stationName: () => this.name,
      app,
      session: { confirmed() {}, lost() {} },
      changed: (status) => {
        tab.status = status;
      },
      reported: async () => {},
      channel: this.browser.channel(gate, 'sync'),
      locks: this.browser.locksOf(gate),
      firstDelayMs: 10,
    });
    const tab: Tab = {
      ...clinic,
      gate,
      network,
      store,
      index,
      documents,
      moves: createMoves({
        site,
        today: clock.today,
        get: grouping.read,
        repository: clinic.repository,
        server,
        fetch: (ids) => clinic.engine.puller.fetch(ids),
        catchUp: follower.catchUp,
      }),
      clock,
      today: clock.today,
      catchUp: follower.catchUp,
      get: grouping.read,
      status: INITIAL_STATUS,
    };
    this.tabs.push(tab);
    clinic.engine.start();
  }

  /** Ends a tab where it stands: nothing of it is written, sent or heard any more. */
  async killTab(tab: Tab): Promise<void> {
    const at = this.tabs.indexOf(tab);
    if (at < 0) return;
    this.tabs.splice(at, 1);
    tab.network.cut();
    const quiet = tab.gate.close();
    // Only for its timers; it reaches neither the disk nor the network any more.
    void tab.engine.stop();
    this.browser.close(tab.gate);
    await quiet;
  }

  /** As an empty battery ends all of it. */
  async kill(): Promise<void> {
    await Promise.all([...this.tabs].map((tab) => this.killTab(tab)));
  }

  /** The children on its disk, whether it is on or off. */
  async children(): Promise<ChildDoc[]> {
    const db = this.handles.at(-1);
    if (!db) return [];
    const { rows } = await db.allDocs({ startkey: 'child:', endkey: 'child;' });
    return readChildren(
      db,
      rows.map(({ id }) => id).filter((id) => id !== undefined),
    );
  }

  /** Somebody else logs in: the program starts anew over the same disk. */
  async login(account: string): Promise<void> {
    await this.kill();
    this.account = account;
    await this.start();
  }

  /** Stands still for a while; its connections are lost meanwhile. */
  async sleep(ms: number): Promise<void> {
    const awake = pause(ms);
    for (const { gate, network } of this.tabs) {
      gate.sleep(awake);
      network.sleep(awake);
    }
    await awake;
  }

  /** A round of sync that is not waited for longer than `ms`. */
  async sync(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.tab.engine.syncNow(), late]);
    clearTimeout(timer);
  }

  /** Ends it, and throws its disk away. */
  async scrap(): Promise<void> {
    await this.kill();
    const [first] = this.handles;
    await first?.destroy();
  }
}
