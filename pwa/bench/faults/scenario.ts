/**
 * A day in two clinics as one seed draws it: nurses work, tablets lose the network, fall asleep, are
 * killed, have wrong clocks or an old program, and the server has its own troubles. Then everybody
 * is connected and what must hold is checked.
 */

import { canonical } from '../../src/children/canonical.ts';
import type { ChildDoc, NewEvent } from '../../src/children/document.ts';
import type { Pinyin } from '../../src/children/row.ts';
import { localDate } from '../../src/clock/clock.ts';
import { createUlid } from '../../src/ids/ulid.ts';
import { Fault } from '../../src/storage/fault.ts';
import type { Store } from '../../src/storage/store.ts';
import { check, type World } from './check.ts';
import { Device } from './device.ts';
import { Ledger } from './ledger.ts';
import { createRandom, type Random } from './random.ts';
import type { CountyServer } from './server.ts';

/** What befalls the server in a story. */
export type ServerTrouble = 'none' | 'killed' | 'full' | 'restored';

const VACCINES = ['0201', '0101', '0303', '0401', '1201'] as const;
const HOUR = 3_600_000;
/** The longest that a county may take to come to rest, in ms: for machines that are busy otherwise. */
const REST_MS = 120_000;
const ROUND_MS = 3000;

const ulid = createUlid();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface Story {
  seed: number;
  trouble: ServerTrouble;
  /** What is wrong in the end; empty: it passed. */
  wrong: string[];
  acts: Record<string, number>;
  met: Record<string, number>;
  events: number;
  ms: number;
}

export interface Stage {
  server: CountyServer;
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

class Day {
  readonly ledger = new Ledger();
  readonly acts: Record<string, number> = {};
  readonly devices: Device[];
  private readonly random: Random;
  private readonly stage: Stage;
  private readonly seed: number;
  private readonly trouble: ServerTrouble;
  private act = 0;
  private backedUp = false;

  constructor(seed: number, trouble: ServerTrouble, stage: Stage) {
    this.seed = seed;
    this.trouble = trouble;
    this.stage = stage;
    this.random = createRandom(`${seed}`);
    const { server, catalog, pinyin } = stage;
    const [here, there] = stage.sites;
    const tablets = [
      { name: 'A1', site: here, account: 'nurse1', app: '0.1.0' },
      { name: 'A2', site: here, account: 'nurse2', app: '0.1.0' },
      { name: 'A3', site: here, account: 'senior', app: '0.0.9' },
      { name: 'B1', site: there, account: 'nurse1', app: '0.1.0' },
    ];
    this.devices = tablets.map(
      ({ name, ...rest }) =>
        new Device({
          ...rest,
          name: `${seed}-${name}`,
          address: () => server.address,
          cookie: () => server.cookie(rest.account),
          catalog,
          pinyin,
          random: this.random.fork(name),
        }),
    );
  }

  private count(name: string): void {
    this.acts[name] = (this.acts[name] ?? 0) + 1;
  }

  /** Runs what a nurse does; what is told as done is in the ledger. */
  private async nurse(device: Device, work: () => Promise<ChildDoc | null>): Promise<void> {
    const done = work().then(
      (doc) => {
        if (doc) this.ledger.recorded(device.site, doc);
      },
      (error: unknown) => {
        // A clock that is a day off stops the work, and says so.
        if (!(error instanceof Fault)) throw error;
        this.count(`fault ${error.code}`);
      },
    );
    // A tablet that is killed meanwhile never answers.
    await Promise.race([done, pause(this.random.int(1, 200))]);
    this.late.push(done);
  }
  private readonly late: Promise<void>[] = [];

  private note(): string {
    return `act ${this.seed}-${this.act++}`;
  }

  private childOf(device: Device): string | null {
    const rows = device.program.index.rows();
    return rows.length ? this.random.pick(rows).id : null;
  }

  private event(device: Device): NewEvent {
    const { random } = this;
    const date = localDate(Date.now() + device.ahead);
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
          expiry: '2099-12-31',
          self_paid: false,
        };
    }
  }

  private async register(device: Device): Promise<void> {
    const birth = localDate(Date.now() + device.ahead - this.random.int(0, 300) * 24 * HOUR);
    const card = this.random.chance(0.3)
      ? `${990000000000 + this.seed * 1000 + this.act++}`
      : undefined;
    const facts = { name: `苗${this.act}`, birth_date: birth, phone: '13800000000' };
    await this.nurse(device, () => device.program.repository.register(facts, card));
  }

  private async edit(device: Device): Promise<void> {
    const id = this.childOf(device);
    if (!id) return;
    const field = this.random.pick(['address', 'mother_name', 'remark', 'phone_2'] as const);
    const value = field === 'phone_2' ? `139${10000000 + this.act++}` : this.note();
    const patch = { [field]: this.random.chance(0.1) ? null : value };
    await this.nurse(device, () => device.program.repository.setFacts(id, patch));
  }

  private async record(device: Device): Promise<void> {
    const id = this.childOf(device);
    if (!id) return;
    const events = Array.from({ length: this.random.int(1, 3) }, () => this.event(device));
    await this.nurse(device, () => device.program.repository.addEvents(id, events));
  }

  private async voidOne(device: Device): Promise<void> {
    const id = this.childOf(device);
    const doc = id && (await device.program.get(id));
    if (!doc) return;
    const own = Object.entries(doc.events).filter(
      ([, event]) => event.by === device.account && event.kind !== 'void',
    );
    if (own.length === 0) return;
    const [target] = this.random.pick(own);
    await this.nurse(device, () =>
      device.program.repository.void(doc._id, target, 'mistake', this.note()),
    );
  }

  /** What yesterday's program wrote, and today's server does not take. */
  private async oldFashioned(device: Device): Promise<void> {
    const id = this.childOf(device);
    if (!id || this.ledger.child(id).sites.size > 1) return;
    const event = { ...this.event(device), temp_c: 37 } as unknown as NewEvent;
    this.ledger.tainted.add(`${device.name} ${id}`);
    await this.nurse(device, () => device.program.repository.addEvents(id, [event]));
  }

  private async stock(device: Device): Promise<void> {
    const _id = `stock:${ulid()}`;
    const lot = this.note();
    const move = {
      _id,
      type: 'stock',
      kind: 'receive',
      date: localDate(Date.now()),
      vaccine: this.random.pick(VACCINES),
      lot,
      expiry: '2099-12-31',
      maker: '试验',
      doses: 100,
      doses_per_unit: 1,
      ...device.program.provenance(),
    };
    const done = device.program.store.put(move).then(() => {
      this.ledger.documents.set(_id, { site: device.site, text: canonical(move) });
    });
    await Promise.race([done, pause(20)]);
    this.late.push(done);
  }

  /** A child that two clinics hold: the server brings its case to the other. */
  private async share(): Promise<void> {
    // A clinic's tablets cannot give back what only the county may bring, so it would be refused.
    if (this.trouble === 'restored') return;
    const { server } = this.stage;
    const [here, there] = this.stage.sites;
    const own = [...this.ledger.children.values()].filter(
      ({ id, sites }) =>
        sites.has(here) &&
        sites.size === 1 &&
        !this.devices.some(({ name }) => this.ledger.tainted.has(`${name} ${id}`)),
    );
    if (own.length === 0) return;
    const kept = this.random.pick(own);
    try {
      const path = `site-${here}/${encodeURIComponent(kept.id)}?revs=true`;
      const { status, value } = await server.call('GET', path);
      if (status !== 200) return;
      kept.sites.add(there);
      await server.call('POST', `site-${there}/_bulk_docs`, { docs: [value], new_edits: false });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.count('share without a server');
    }
  }

  private async serverTrouble(): Promise<void> {
    const { trouble } = this;
    const { server } = this.stage;
    if (trouble === 'killed') {
      await server.kill();
      await pause(this.random.int(0, 300));
      await server.start();
    } else if (trouble === 'full') {
      await server.full(true);
      for (let i = 0; i < 6; i++) await this.step();
      await server.full(false);
    } else if (trouble === 'restored') {
      if (!this.backedUp) await server.backup();
      else await server.restore();
      this.backedUp = !this.backedUp;
    }
  }

  private async step(): Promise<void> {
    const { random } = this;
    const device = random.pick(this.devices);
    if (!device.on) {
      this.count('start');
      await device.start();
      return;
    }
    const act = random.pick(ACTS);
    this.count(act);
    switch (act) {
      case 'register':
        return this.register(device);
      case 'record':
        return this.record(device);
      case 'edit':
        return this.edit(device);
      case 'void':
        return this.voidOne(device);
      case 'stock':
        return this.stock(device);
      case 'share':
        return this.share();
      case 'old':
        // Rare, and on the tablet whose program is old.
        return device.name.endsWith('A3') && random.chance(0.3)
          ? this.oldFashioned(device)
          : this.record(device);
      case 'network':
        device.setRisk(random.pick([0, 0, 0.1, 0.3, 0.5, 1]));
        return;
      case 'clock':
        device.ahead = random.pick([0, 0, 0, -HOUR, 3 * HOUR, -30 * HOUR, 40 * HOUR, 5000]);
        return;
      case 'kill':
        return device.kill();
      case 'sync':
        return device.sync(random.int(1, 150));
      case 'wait':
        await pause(random.int(0, 30));
        return;
    }
  }

  async run(): Promise<void> {
    const { random, trouble } = this;
    await Promise.all(this.devices.map((device) => device.start()));
    const [first] = this.devices as [Device];
    await first.sync(ROUND_MS);
    for (let i = 0; i < 4; i++) await this.register(first);
    // Most tablets have been here before; some see the clinic for the first time in the story.
    for (const device of this.devices) if (random.chance(0.7)) await device.sync(1000);
    const steps = random.int(40, 80);
    const moments = new Set(
      trouble === 'none' ? [] : [random.int(5, steps / 2), random.int(steps / 2 + 1, steps - 1)],
    );
    for (let i = 0; i < steps; i++) {
      if (moments.has(i)) await this.serverTrouble();
      const act = this.step();
      // Often the next thing happens before this one has ended.
      if (random.chance(0.7)) await act;
      else this.late.push(act);
    }
    await Promise.race([Promise.all(this.late), pause(500)]);
  }

  /** Everybody is connected again; returns what is wrong then. */
  async rest(): Promise<string[]> {
    const { server, sites } = this.stage;
    const world: World = { server, sites, devices: this.devices, ledger: this.ledger };
    for (const device of this.devices) {
      device.ahead = 0;
      device.setRisk(0);
      if (!device.on) await device.start();
    }
    const end = Date.now() + REST_MS;
    let wrong: string[] = [];
    for (let round = 0; Date.now() < end; round++) {
      await Promise.all(this.devices.map((device) => device.sync(ROUND_MS)));
      wrong = await check(world);
      if (wrong.length === 0) return [];
      await pause(Math.min(20 * 2 ** round, 1000));
    }
    return wrong;
  }

  async end(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.scrap()));
  }
}

const ACTS = [
  ...['register', 'register', 'record', 'record', 'record', 'record', 'record', 'record', 'record'],
  ...['edit', 'edit', 'edit', 'void', 'stock', 'share', 'old', 'network', 'network', 'clock'],
  ...['kill', 'kill', 'sync', 'sync', 'sync', 'sync', 'wait', 'wait'],
] as Act[];

type Act =
  | 'register'
  | 'record'
  | 'edit'
  | 'void'
  | 'stock'
  | 'share'
  | 'old'
  | 'network'
  | 'clock'
  | 'kill'
  | 'sync'
  | 'wait';

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
  const events = [...day.ledger.children.values()].reduce((sum, { events: e }) => sum + e.size, 0);
  await day.end();
  return { seed, trouble, wrong, acts: day.acts, met, events, ms: performance.now() - start };
}
