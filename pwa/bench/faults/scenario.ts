/**
 * A day in two clinics as one seed draws it: nurses work, children move, visit and are taken for
 * somebody else; tablets lose the network, fall asleep, are killed, have wrong clocks or an old
 * program, and the server has its own troubles. Then everybody is connected and what must hold is
 * checked.
 */

import { canonical } from '../../src/case/canonical.ts';
import type { ChildDoc, NewEvent } from '../../src/case/document.ts';
import { readChildren } from '../../src/case/leaves.ts';
import { may, type Step } from '../../src/case/moving.ts';
import { localDate } from '../../src/clock/clock.ts';
import { decide } from '../../src/duplicates/decide.ts';
import { createUlid } from '../../src/ids/ulid.ts';
import { Fault } from '../../src/storage/fault.ts';
import type { Store } from '../../src/storage/store.ts';
import { SyncFault } from '../../src/sync/server.ts';
import type { Pinyin } from '../../src/workspace/pinyin.ts';
import { check, type World } from './check.ts';
import { Device, SENIOR, type Tab } from './device.ts';
import { Ledger, type Registered } from './ledger.ts';
import { createRandom, type Random } from './random.ts';
import type { CountyServer } from './server.ts';

/** What befalls the server in a story. */
export type ServerTrouble = 'none' | 'killed' | 'full' | 'restored';

const VACCINES = ['0201', '0101', '0303', '0401', '1201'] as const;
const HOUR = 3_600_000;
/** The longest that a county may take to come to rest, in ms: for machines that are busy otherwise. */
const REST_MS = 120_000;
const ROUND_MS = 3000;
/** How long each part of an hour of the story takes at most. */
const HOUR_MS = 2000;
/** So long nothing arrives at either clinic when all has. */
const QUIET_MS = 150;

const ulid = createUlid();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Story {
  seed: number;
  trouble: ServerTrouble;
  /** What is wrong in the end; empty: it passed. */
  wrong: string[];
  acts: Record<string, number>;
  met: Record<string, number>;
  /** What was recorded, by kind; of moves, by step. */
  kinds: Record<string, number>;
  events: number;
  ms: number;
}

export interface Stage {
  server: CountyServer;
  /** The first clinic's own server (接种点服务器), below the county's. */
  hub: CountyServer | null;
  sites: readonly [string, string];
  catalog: Store;
  pinyin: Pinyin;
}

/** Which trouble the server has in the story of a seed. */
export function drawTrouble(seed: number): ServerTrouble {
  const random = createRandom(`${seed}`).fork('server');
  if (random.chance(0.8)) return 'none';
  return random.pick(['killed', 'killed', 'full', 'restored'] as const);
}

/** Has the first clinic of a seed a hub? */
export function hasHub(seed: number): boolean {
  return createRandom(`${seed}`).fork('hub').chance(0.1);
}

class Day {
  readonly ledger = new Ledger();
  readonly acts: Record<string, number> = {};
  readonly devices: Device[];
  private readonly random: Random;
  private readonly stage: Stage;
  private readonly seed: number;
  private readonly trouble: ServerTrouble;
  /** What was begun and not waited for. */
  private readonly late: Promise<void>[] = [];
  private act = 0;
  private backedUp: CountyServer | null = null;

  constructor(seed: number, trouble: ServerTrouble, stage: Stage) {
    this.seed = seed;
    this.trouble = trouble;
    this.stage = stage;
    this.random = createRandom(`${seed}`);
    const { server, catalog, pinyin } = stage;
    const [here, there] = stage.sites;
    // Where there is a hub, a tablet of the clinic that is on its way talks to the county.
    const hub = stage.hub ?? server;
    const tablets = [
      { name: 'A1', site: here, account: 'nurse1', app: '0.1.0', at: hub },
      { name: 'A2', site: here, account: 'nurse2', app: '0.1.0', at: server },
      { name: 'A3', site: here, account: SENIOR, app: '0.0.9', at: hub },
      {
        name: 'B1',
        site: there,
        account: this.random.pick(['nurse1', SENIOR]),
        app: '0.1.0',
        at: server,
      },
    ];
    this.devices = tablets.map(
      ({ name, at, ...rest }) =>
        new Device({
          ...rest,
          name: `${seed}-${name}`,
          address: () => at.address,
          cookie: (account) => at.cookie(account),
          catalog,
          pinyin,
          random: this.random.fork(name),
        }),
    );
  }

  private count(name: string): void {
    this.acts[name] = (this.acts[name] ?? 0) + 1;
  }

  /** Waits for work no longer than `ms`: a tablet that is killed meanwhile never answers. */
  private async patiently(work: Promise<void>, ms: number): Promise<void> {
    await Promise.race([work, pause(ms)]);
    this.late.push(work);
  }

  /** Runs what a person does; what is told as done is in the ledger. */
  private async person(work: () => Promise<readonly (ChildDoc | null)[]>): Promise<void> {
    const done = work().then(
      (docs) => {
        for (const doc of docs) if (doc) this.ledger.recorded(doc);
      },
      (error: unknown) => {
        // A clock that is a day off, a step that is not open any more, a server that is not there:
        // the program says so, and nothing was recorded. Who is asked for the day says yes, rightly
        // or not.
        if (error instanceof Fault) {
          this.count(`fault ${error.code}`);
          if (error.code === 'DayUnsure') this.confirmDay();
        } else if (error instanceof SyncFault) this.count(`fault ${error.kind}`);
        else throw error;
      },
    );
    await this.patiently(done, this.random.int(1, 200));
  }

  private confirmDay(): void {
    for (const { clock } of this.devices.flatMap(({ tabs }) => tabs)) {
      if (clock.state().level === 'ask') clock.confirm();
    }
  }

  private nurse(work: () => Promise<ChildDoc | null>): Promise<void> {
    return this.person(async () => [await work()]);
  }

  private note(): string {
    return `act ${this.seed}-${this.act++}`;
  }

  private childOf(tab: Tab): string | null {
    const rows = tab.index.rows();
    return rows.length ? this.random.pick(rows).id : null;
  }

  private event(tab: Tab): NewEvent {
    const { random } = this;
    const date = tab.today();
    const note = this.note();
    switch (random.int(0, 4)) {
      case 0:
        return { kind: 'observation', code: 'preterm', date, note };
      case 1:
        return {
          kind: 'precheck',
          date,
          temperature: 36 + random.int(0, 9) / 10,
          passed: true,
          note,
        };
      case 2:
        return { kind: 'refusal', date, vaccine: random.pick(VACCINES), reason: 'ill', note };
      default:
        return {
          kind: 'dose',
          date,
          vaccine: random.pick(VACCINES),
          origin: 'given',
          lot: note,
          expiry: '2035-12-31',
          self_paid: false,
        };
    }
  }

  private async register(device: Device, tab: Tab): Promise<void> {
    const { random } = this;
    const birthDate = localDate(tab.clock.now() - random.int(0, 300) * 24 * HOUR);
    const card = random.chance(0.5) ? `${990000000000 + this.seed * 1000 + this.act++}` : undefined;
    const facts = { name: `苗${this.act}`, birth_date: birthDate, phone: '13800000000' };
    await this.nurse(async () => {
      const doc = await tab.repository.register(facts, card);
      this.ledger.registered.push({ id: doc._id, site: device.site, birthDate, card });
      return doc;
    });
  }

  /** Somebody who was registered at the other clinic and is not known on this device. */
  private stranger(device: Device, tab: Tab): Registered | null {
    const strangers = this.ledger.registered.filter(
      ({ id, site }) => site !== device.site && tab.index.row(id) === null,
    );
    return strangers.length ? this.random.pick(strangers) : null;
  }

  /** A child of another clinic is brought here, for a dose or to stay (异地接种、转入). */
  private async bring(device: Device, tab: Tab): Promise<void> {
    const child = this.stranger(device, tab);
    if (!child) return;
    const purpose = this.random.pick(['visit', 'move'] as const);
    await this.nurse(async () => {
      await tab.moves.bring(child.id, purpose);
      return null;
    });
  }

  /** The network is away and a card is unknown: a provisional case (临时建案). */
  private async provisional(device: Device, tab: Tab): Promise<void> {
    const child = this.stranger(device, tab);
    if (!child?.card || tab.index.byCard(child.card)) return;
    const { card, birthDate } = child;
    const facts = { name: `临${this.act++}`, birth_date: birthDate };
    await this.nurse(() => tab.repository.register(facts, card, true));
  }

  /** The next step of a child's move between the two clinics (转入、转出). */
  private async move(device: Device, tab: Tab): Promise<void> {
    const moving = tab.index.rows().filter((row) => row.move !== 'none');
    const chosen = moving.length && this.random.chance(0.7) ? this.random.pick(moving).id : null;
    const id = chosen ?? this.childOf(tab);
    const child = id && (await tab.get(id));
    if (!child) return;
    const [here, there] = this.stage.sites;
    const other = device.site === here ? there : here;
    const { moves } = tab;
    const steps: Record<Step, () => Promise<ChildDoc>> = {
      requested: () => moves.request(child._id),
      released: () =>
        moves.release(child._id, this.random.pick([other, other, other, null]), this.note()),
      received: () => moves.receive(child._id),
    };
    const open = [...may(child, device.site)];
    if (open.length === 0 || this.random.chance(0.1)) {
      await this.nurse(async () => {
        await moves.cancel(child._id);
        return null;
      });
    } else await this.nurse(steps[this.random.pick(open)]);
  }

  /** A senior says of two cases that they are one child, or two, or takes it back (合并个案). */
  private async decide(device: Device, tab: Tab): Promise<void> {
    const rows = tab.index.rows();
    if (device.account !== SENIOR || rows.length < 2) return;
    const joined = rows.filter(({ links }) => links.length);
    if (joined.length && this.random.chance(0.5)) {
      const [pair] = this.random.pick(joined).links;
      const cases = await readChildren(tab.store.db, pair as readonly string[]);
      await this.person(() => decide(tab.repository, cases, 'undo'));
      return;
    }
    const pair = [this.random.pick(rows).id, this.random.pick(rows).id];
    if (pair[0] === pair[1]) return;
    const cases = await readChildren(tab.store.db, pair);
    const decision = this.random.pick(['same', 'different'] as const);
    await this.person(() => decide(tab.repository, cases, decision));
  }

  private async edit(tab: Tab): Promise<void> {
    const id = this.childOf(tab);
    if (!id) return;
    const field = this.random.pick(['address', 'mother_name', 'remark', 'phone_2'] as const);
    const value = field === 'phone_2' ? `139${10000000 + this.act++}` : this.note();
    const patch = { [field]: this.random.chance(0.1) ? null : value };
    await this.nurse(() => tab.repository.setFacts(id, patch));
  }

  private async record(tab: Tab): Promise<void> {
    const id = this.childOf(tab);
    if (!id) return;
    const events = Array.from({ length: this.random.int(1, 3) }, () => this.event(tab));
    await this.nurse(() => tab.repository.addEvents(id, events));
  }

  private async voidOne(device: Device, tab: Tab): Promise<void> {
    const id = this.childOf(tab);
    const doc = id && (await tab.get(id));
    if (!doc) return;
    const own = Object.entries(doc.events).filter(
      ([, event]) =>
        event.by === device.account && event.site === device.site && event.kind !== 'void',
    );
    if (own.length === 0) return;
    const [target] = this.random.pick(own);
    await this.nurse(() => tab.repository.void(doc._id, target, 'mistake', this.note()));
  }

  /** What yesterday's program wrote, and today's server does not take. */
  private async oldFashioned(device: Device, tab: Tab): Promise<void> {
    const id = this.childOf(tab);
    if (!id) return;
    const note = this.note();
    const event = { kind: 'refusal', date: tab.today(), vaccine: '0201', reason: 'ill', note };
    this.ledger.tainted.add(`${device.name} ${id}`);
    await this.nurse(async () => {
      const doc = await tab.repository.addEvents(id, [{ ...event, temp_c: 37 } as NewEvent]);
      const own = Object.entries(doc.events).find(([, one]) => 'note' in one && one.note === note);
      this.ledger.unacceptable.add((own as [string, unknown])[0]);
      return doc;
    });
  }

  private async stock(device: Device, tab: Tab): Promise<void> {
    const _id = `stock:${ulid()}`;
    const lot = this.note();
    const move = {
      _id,
      type: 'stock',
      kind: 'receive',
      date: localDate(Date.now()),
      vaccine: this.random.pick(VACCINES),
      lot,
      expiry: '2035-12-31',
      maker: '试验',
      doses: 100,
      doses_per_unit: 1,
      ...tab.provenance(),
    };
    const done = tab.store.put(move).then(() => {
      this.ledger.documents.set(_id, { site: device.site, text: canonical(move) });
    });
    await this.patiently(done, 20);
  }

  private async serverTrouble(): Promise<void> {
    const { trouble } = this;
    const { server, hub } = this.stage;
    if (trouble === 'killed') {
      await server.kill();
      await pause(this.random.int(0, 300));
      await server.start();
    } else if (trouble === 'full') {
      await server.full(true);
      for (let i = 0; i < 6; i++) await this.step();
      await server.full(false);
    } else if (trouble === 'restored') {
      // Where there is a hub, it may be its disk that is lost.
      if (!this.backedUp) {
        this.backedUp = hub && this.random.fork('disk').chance(0.5) ? hub : server;
        await this.backedUp.backup();
      } else {
        await this.noteServersRecords();
        await this.backedUp.restore();
        this.ledger.restored = true;
      }
    }
  }

  /**
   * What the server recorded itself (a visit, a request, a join) and any tablet holds must outlast its
   * disk. What no tablet holds goes with it: nobody but the server has known it.
   */
  private async noteServersRecords(): Promise<void> {
    const stations = new Set(this.devices.map(({ station }) => station));
    for (const child of (await Promise.all(this.devices.map((one) => one.children()))).flat()) {
      const events = Object.fromEntries(
        Object.entries(child.events).filter(([, { station }]) => !stations.has(station)),
      );
      this.ledger.recorded({ ...child, facts: {}, events });
    }
  }

  /** An hour without haste: what is under way gets a chance to arrive at the other clinic. */
  private async hour(): Promise<void> {
    const sync = () =>
      Promise.all(this.devices.filter(({ on }) => on).map((device) => device.sync(HOUR_MS)));
    await sync();
    const end = Date.now() + HOUR_MS;
    let before = '';
    while (Date.now() < end) {
      const now = await this.sequences().catch(() => before);
      if (now === before) break;
      before = now;
      await pause(QUIET_MS);
    }
    await sync();
  }

  private async sequences(): Promise<string> {
    const { server, hub, sites } = this.stage;
    return [await server.sequences(sites), await hub?.sequences(sites.slice(0, 1))].join(' ');
  }

  private async step(): Promise<void> {
    const { random } = this;
    const at = this.stage.sites[random.int(0, 1)];
    const device = random.pick(this.devices.filter(({ site }) => site === at));
    if (!device.on) {
      this.count('start');
      await device.start();
      return;
    }
    const tab = random.pick(device.tabs);
    const act = random.pick(ACTS);
    this.count(act);
    switch (act) {
      case 'register':
        return this.register(device, tab);
      case 'record':
        return this.record(tab);
      case 'edit':
        return this.edit(tab);
      case 'void':
        return this.voidOne(device, tab);
      case 'stock':
        return this.stock(device, tab);
      case 'bring':
        return this.bring(device, tab);
      case 'provisional':
        return this.provisional(device, tab);
      case 'move':
        return this.move(device, tab);
      case 'decide':
        return this.decide(device, tab);
      case 'old':
        // Rare, and on the tablet whose program is old.
        return device.name.endsWith('A3') && random.chance(0.3)
          ? this.oldFashioned(device, tab)
          : this.record(tab);
      case 'network':
        device.setRisk(random.pick([0, 0, 0.1, 0.3, 0.5, 1]));
        return;
      case 'clock':
        device.ahead = random.pick([0, 0, 0, -HOUR, 3 * HOUR, -30 * HOUR, 40 * HOUR, 5000]);
        return;
      case 'kill':
        return device.kill();
      case 'tab':
        return device.tabs.length < 2 ? device.start() : device.killTab(tab);
      case 'sleep':
        return device.sleep(random.int(5, 80));
      case 'sync':
        return device.sync(random.int(1, 150));
      case 'wait':
        await pause(random.int(0, 30));
        return;
      case 'hour':
        return this.hour();
    }
  }

  async run(): Promise<void> {
    const { random, trouble } = this;
    await Promise.all(this.devices.map((device) => device.start()));
    const first = this.devices[0] as Device;
    const last = this.devices.at(-1) as Device;
    await first.sync(ROUND_MS);
    for (let i = 0; i < 4; i++) await this.register(first, first.tab);
    await first.sync(ROUND_MS);
    // Most tablets have been here before; some see the clinic for the first time in the story.
    for (const device of this.devices) if (random.chance(0.7)) await device.sync(1000);
    for (let i = 0; i < 2; i++) await this.bring(last, last.tab);
    const steps = random.int(40, 80);
    const moments = new Set(
      trouble === 'none' ? [] : [random.int(5, steps / 2), random.int(steps / 2 + 1, steps - 1)],
    );
    const fork = random.fork('hub');
    const { hub } = this.stage;
    const outage = hub && fork.chance(0.5) ? fork.int(5, steps - 1) : -1;
    for (let i = 0; i < steps; i++) {
      if (moments.has(i)) await this.serverTrouble();
      if (i === outage) await hub?.kill();
      if (i === outage + 5 && outage >= 0) await hub?.start();
      const act = this.step();
      // Often the next thing happens before this one has ended.
      if (random.chance(0.7)) await act;
      else this.late.push(act);
    }
    if (outage + 5 >= steps) await hub?.start();
    await Promise.race([Promise.all(this.late), pause(500)]);
  }

  /** Everybody is connected again; returns what is wrong then. */
  async rest(): Promise<string[]> {
    const { server, hub, sites, pinyin } = this.stage;
    const world: World = { server, hub, sites, pinyin, devices: this.devices, ledger: this.ledger };
    for (const device of this.devices) {
      device.ahead = 0;
      device.setRisk(0);
      if (!device.on) await device.start();
    }
    await Promise.all(this.devices.map((device) => device.sync(ROUND_MS)));
    const end = Date.now() + REST_MS;
    let wrong: string[] = [];
    for (let look = 0; Date.now() < end; look++) {
      wrong = await check(world);
      if (wrong.length === 0) return [];
      await pause(Math.min(25 * 1.5 ** look, 1000));
      if (look % 8 !== 7) continue;
      await this.tendDenials();
      // The feeds are alive; a round now and then is what people do who wait.
      await Promise.all(this.devices.map((device) => device.sync(ROUND_MS)));
    }
    return wrong;
  }

  /**
   * What people do about denials at a server that was restored. What it lost of a senior's acts, and
   * a nurse's tablet holds, it takes from nobody but a senior: one logs in there. What it can judge
   * only now that another clinic has given back its part is tried again, as the next day would.
   */
  private async tendDenials(): Promise<void> {
    if (!this.ledger.restored) return;
    for (const device of this.devices) {
      const { refused } = device.tab.status;
      const needsSenior = refused.some(({ reason }) => reason.includes('the grade senior'));
      if (needsSenior && device.account !== SENIOR) await device.login(SENIOR);
      else for (const { id } of refused) device.tab.engine.retry(id);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.scrap()));
  }
}

/** How often each is done, one out of the sum. */
const WEIGHTS = {
  register: 4,
  record: 14,
  edit: 6,
  void: 2,
  stock: 2,
  bring: 3,
  provisional: 2,
  move: 8,
  decide: 3,
  old: 2,
  network: 4,
  clock: 2,
  kill: 3,
  tab: 3,
  sleep: 2,
  sync: 8,
  wait: 3,
  hour: 4,
};

type Act = keyof typeof WEIGHTS;

const ACTS = (Object.entries(WEIGHTS) as [Act, number][]).flatMap(([act, weight]) =>
  Array.from({ length: weight }, () => act),
);

/** Plays the story of a seed. */
export async function play(seed: number, trouble: ServerTrouble, stage: Stage): Promise<Story> {
  const start = performance.now();
  const day = new Day(seed, trouble, stage);
  let wrong: string[];
  try {
    await day.run();
    wrong = await day.rest();
  } catch (error) {
    wrong = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const met: Record<string, number> = {};
  for (const device of day.devices) {
    for (const [name, count] of device.met) met[name] = (met[name] ?? 0) + count;
  }
  const events = day.ledger.events.size;
  const kinds: Record<string, number> = {};
  for (const { text } of day.ledger.events.values()) {
    const { kind, step } = JSON.parse(text) as { kind: string; step?: string };
    const name = step ?? kind;
    kinds[name] = (kinds[name] ?? 0) + 1;
  }
  await day.end();
  return {
    seed,
    trouble,
    wrong,
    acts: day.acts,
    met,
    kinds,
    events,
    ms: performance.now() - start,
  };
}
