/** What must hold when everybody is connected again and nothing moves any more. */
import { canonical } from '../../src/case/canonical.ts';
import { type ChildDoc, voided } from '../../src/case/document.ts';
import { groupOf } from '../../src/case/joined.ts';
import { mergeLeaves, readChildren } from '../../src/case/leaves.ts';
import { holders } from '../../src/case/moving.ts';
import { createIndex } from '../../src/workspace/child-index.ts';
import { createGrouping } from '../../src/workspace/grouping.ts';
import type { Pinyin } from '../../src/workspace/pinyin.ts';
import type { Device } from './device.ts';
import { isAhead, isLater, isSame, type KeptFact, type Ledger } from './ledger.ts';
import { COUNTY, type CountyServer } from './server.ts';

type Docs = Map<string, ChildDoc>;

function bodyOf(doc: object): string {
  const { _rev, _conflicts, ...body } = doc as Record<string, unknown>;
  return canonical(body);
}

async function documentsOf(server: CountyServer, database: string, keys?: string[]): Promise<Docs> {
  const path = `${database}/_all_docs?include_docs=true&conflicts=true`;
  const { status, value } = keys
    ? await server.call('POST', path, { keys })
    : await server.call('GET', path);
  if (status !== 200) throw new Error(`${database} answers ${status}: ${JSON.stringify(value)}`);
  const { rows } = value as { rows: { doc?: ChildDoc | null }[] };
  return new Map(
    rows.flatMap(({ doc }) => (doc && !doc._id.startsWith('_') ? [[doc._id, doc]] : [])),
  );
}

export interface World {
  server: CountyServer;
  /** The first clinic's own server. */
  hub: CountyServer | null;
  ledger: Ledger;
  devices: readonly Device[];
  sites: readonly string[];
  pinyin: Pinyin;
}

/** What is wrong now; empty when all is as it should be. */
export async function check(world: World): Promise<string[]> {
  const { server, hub, ledger, devices, sites, pinyin } = world;
  const unsettled = [
    ...ledger.changed.map((what) => `an event was changed: ${what}`),
    ...devices.flatMap((device) => open(device, ledger)),
  ];
  if (unsettled.length) return unsettled;

  const perSite = new Map<string, Docs>();
  for (const site of sites) perSite.set(site, await documentsOf(server, `site-${site}`));
  const ids = new Set(
    [...ledger.events.values()]
      .map(({ child }) => child)
      .concat(...[...perSite.values()].map((docs) => [...docs.keys()])),
  );
  const region = await documentsOf(server, `region-${COUNTY}`, [...ids]);
  const groupOfCase = grouped(region);

  const [first = ''] = sites;
  const atHub = hub ? await documentsOf(hub, `site-${first}`) : null;
  const held = atHub ? heldBack(atHub, perSite.get(first) as Docs) : new Map<string, ChildDoc>();
  const wrong = [
    ...(atHub ? alike(first, atHub, perSite.get(first) as Docs, held) : []),
    ...everywhere(region, perSite, groupOfCase),
    ...unlike(region),
    ...kept(ledger, region, perSite, groupOfCase, held),
  ];
  if (wrong.length) return wrong;
  for (const device of devices) {
    const docs = (device.site === first && atHub) || (perSite.get(device.site) as Docs);
    wrong.push(
      ...(await sameHere(device, docs, ledger)),
      ...(await shownRight(device, pinyin)),
      ...reports(device, [...docs.values()], region),
    );
  }
  return wrong;
}

/**
 * Children of whom the county refuses what their hub took, as both clinic and county were told: a
 * child who was released to whoever asks is received by one clinic at its hub, while the county hears
 * of another's receipt first.
 */
function heldBack(hub: Docs, above: Docs): Docs {
  const reports = [...hub.values()] as readonly { _id: string; type: string; document?: string }[];
  const told = reports.filter(({ _id, type }) => type === 'problem' && above.has(_id));
  return new Map(
    told.flatMap(({ document = '' }) => {
      const doc = document.startsWith('child:') ? hub.get(document) : undefined;
      return doc ? [[document, doc]] : [];
    }),
  );
}

/** Does one version of a child hold all that another holds? */
function holdsAll(whole: ChildDoc, part: ChildDoc): boolean {
  const facts = Object.entries(part.facts) as [keyof ChildDoc['facts'], KeptFact][];
  return (
    Object.entries(part.events).every(([id, event]) => {
      const mine = whole.events[id];
      return mine !== undefined && canonical(mine) === canonical(event);
    }) &&
    facts.every(([name, fact]) => {
      const mine = whole.facts[name] as KeptFact | undefined;
      return mine !== undefined && !isLater(fact, mine);
    })
  );
}

/** A hub holds what the county holds of its clinic, and beyond it what the county refuses. */
function alike(site: string, hub: Docs, above: Docs, held: Docs): string[] {
  return [...new Set([...hub.keys(), ...above.keys()])].flatMap((id) => {
    const [here, there] = [hub.get(id), above.get(id)];
    if (!here) return [`hub of ${site}: ${id} is not there`];
    if (here._conflicts?.length) return [`hub of ${site}: ${id} has several leaves`];
    if (!there) return [`${site}: ${id} is at the hub alone`];
    // What a device says of itself is out of date as soon as it is said.
    if (id.startsWith('device:') || bodyOf(here) === bodyOf(there)) return [];
    if (held.has(id) && holdsAll(here, there)) return [];
    return [`hub of ${site}: ${id} differs from the county's`];
  });
}

/** What a device has not brought to an end. */
function open(device: Device, ledger: Ledger): string[] {
  const { phase, problem, pending, refused } = device.tab.status;
  return [
    ...(phase === 'idle' ? [] : [`${device.name} is ${phase}: ${problem?.detail ?? ''}`]),
    ...pending.map(({ id, rev }) => `${device.name}: ${id} ${rev} is still pending`),
    ...refused
      .filter(({ id }) => !ledger.tainted.has(`${device.name} ${id}`))
      .map(({ id, reason }) => `${device.name}: ${id} was refused: ${reason}`),
  ];
}

/** The cases that are or were one child with a case. */
function grouped(region: Docs): (id: string) => string[] {
  const linked = new Map<string, string[]>();
  for (const [id, doc] of region) {
    const targets = Object.values(doc.events ?? {}).flatMap((event) =>
      event.kind === 'same_as' ? [event.target] : [],
    );
    if (targets.length) linked.set(id, targets);
  }
  return (id) => groupOf(id, linked);
}

/** Each document is in the county and in each clinic where it belongs, one version, the same. */
function everywhere(
  region: Docs,
  perSite: ReadonlyMap<string, Docs>,
  groupOfCase: (id: string) => string[],
): string[] {
  const wrong: string[] = [];
  for (const [id, doc] of region) {
    if (doc._conflicts?.length) wrong.push(`region: ${id} has several leaves`);
    if (!id.startsWith('child:')) continue;
    const group = groupOfCase(id).flatMap((member) => region.get(member) ?? []);
    const parts = new Set(group.flatMap((member) => [...holders(member)]));
    for (const [site, docs] of perSite) {
      if (parts.has(site) && !docs.has(id)) wrong.push(`${site}: ${id} is not there`);
      if (!parts.has(site) && docs.has(id))
        wrong.push(`${site}: holds ${id} and has no part in it`);
    }
  }
  for (const [site, docs] of perSite) {
    for (const [id, doc] of docs) {
      if (doc._conflicts?.length) wrong.push(`${site}: ${id} has several leaves`);
      const above = region.get(id);
      if (!above) wrong.push(`region: ${id} of ${site} is not there`);
      // What a device says of itself is out of date as soon as it is said.
      else if (!id.startsWith('device:') && bodyOf(above) !== bodyOf(doc)) {
        wrong.push(`${site}: ${id} differs from the region's`);
      }
    }
  }
  return wrong;
}

/** Nothing stands twice: no child code, and no act of the story. */
function unlike(region: Docs): string[] {
  const wrong: string[] = [];
  const codes = new Map<string, string>();
  const marks = new Map<string, string>();
  const note = (known: Map<string, string>, what: string, id: string) => {
    if (known.has(what)) wrong.push(`${what} stands in ${id} and in ${known.get(what)}`);
    known.set(what, id);
  };
  for (const [id, doc] of region) {
    if (!id.startsWith('child:')) continue;
    const code = doc.facts.child_code?.value;
    if (code) note(codes, `code ${code}`, id);
    for (const event of Object.values(doc.events)) {
      // Each act of the scenario marks its event, so that a doubled one shows.
      const { note: text, lot } = event as { note?: string; lot?: string };
      for (const mark of [text, lot]) if (mark?.startsWith('act ')) note(marks, mark, id);
    }
  }
  return wrong;
}

/** Events that the server must refuse: a void of one goes nowhere without it. */
function refusable(ledger: Ledger): Set<string> {
  const found = new Set(ledger.unacceptable);
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [ulid, { text }] of ledger.events) {
      const { kind, target } = JSON.parse(text) as { kind: string; target?: string };
      if (kind === 'void' && found.has(target as string)) found.add(ulid);
    }
  }
  return found;
}

/** All that people were told is kept, unchanged; and what must be refused is nowhere above. */
function kept(
  ledger: Ledger,
  region: Docs,
  perSite: ReadonlyMap<string, Docs>,
  groupOfCase: (id: string) => string[],
  held: Docs,
): string[] {
  const wrong: string[] = [];
  const unacceptable = refusable(ledger);
  const isHeld = (ulid: string, child: string, text: string) => {
    const event = held.get(child)?.events[ulid];
    return event !== undefined && isSame(canonical(event), text);
  };
  for (const [ulid, { child, text }] of ledger.events) {
    const group = groupOfCase(child).flatMap((id) => region.get(id) ?? []);
    const found = group.flatMap(({ events }) => events[ulid] ?? []);
    if (unacceptable.has(ulid)) {
      if (found.length) wrong.push(`region: ${child} has event ${ulid}, which it must refuse`);
    } else if (found.length === 0 && isHeld(ulid, child, text)) continue;
    else if (found.length === 0) wrong.push(`region: ${child} lacks event ${ulid}: ${text}`);
    else if (found.length > 1) wrong.push(`region: event ${ulid} of ${child} is there twice`);
    else if (!isSame(canonical(found[0]), text))
      wrong.push(`region: ${child} event ${ulid} changed`);
  }
  for (const [key, fact] of ledger.facts) {
    const [child, name] = key.split(' ') as [string, keyof ChildDoc['facts']];
    const there = groupOfCase(child).map(
      (id) => region.get(id)?.facts[name] as KeptFact | undefined,
    );
    // A later value is of somebody who was killed before being told that it was kept.
    if (there.some((known) => known && (isAhead(fact.at) || !isLater(fact, known)))) continue;
    const heldFact = held.get(child)?.facts[name] as KeptFact | undefined;
    if (heldFact && !isLater(fact, heldFact)) continue;
    wrong.push(
      `region: ${child} fact ${name} is ${JSON.stringify(there)}, ` +
        `recorded was ${JSON.stringify(fact)}`,
    );
  }
  for (const [id, { site, text }] of ledger.documents) {
    const doc = perSite.get(site)?.get(id);
    if (!doc) wrong.push(`${site}: ${id} is not there`);
    else if (bodyOf(doc) !== text) wrong.push(`${site}: ${id} was changed`);
  }
  return wrong;
}

/** A device holds what its clinic holds, and beyond it what the server must refuse. */
async function sameHere(device: Device, docs: Docs, ledger: Ledger): Promise<string[]> {
  const wrong: string[] = [];
  const unacceptable = refusable(ledger);
  const { db } = device.tab.store;
  const { rows } = await db.allDocs({ include_docs: true, conflicts: true });
  const local = new Map(rows.flatMap(({ doc }) => (doc ? [[doc._id, doc as object]] : [])));
  const tainted = (id: string) => ledger.tainted.has(`${device.name} ${id}`);
  for (const [id, doc] of docs) {
    // What each device says of itself may be a round behind on the others.
    if (id.startsWith('device:')) continue;
    const mine = local.get(id) as ChildDoc | undefined;
    if (!mine) wrong.push(`${device.name}: ${id} is not there`);
    else if (tainted(id)) {
      const whole = await mergeLeaves(db, mine);
      const events = Object.fromEntries(
        Object.entries(whole.events).filter(([ulid]) => !unacceptable.has(ulid)),
      );
      if (bodyOf({ ...whole, events }) !== bodyOf(doc)) {
        wrong.push(`${device.name}: ${id} differs from the server's by more than what it refuses`);
      }
    } else if (mine._conflicts?.length) {
      const leaves = [mine._rev, ...mine._conflicts].join(' ');
      wrong.push(`${device.name}: ${id} has several leaves: ${leaves}`);
    } else if (bodyOf(mine) !== bodyOf(doc)) {
      wrong.push(`${device.name}: ${id} differs from the server's`);
    }
  }
  for (const id of local.keys()) {
    if (!docs.has(id) && !tainted(id)) wrong.push(`${device.name}: ${id} is only here`);
  }
  for (const ulid of unacceptable) {
    const event = ledger.events.get(ulid);
    if (!event?.text.includes(device.station)) continue;
    const [mine] = await readChildren(db, [event.child]);
    if (!mine?.events[ulid] || canonical(mine.events[ulid]) !== event.text) {
      wrong.push(`${device.name}: ${event.child} lost event ${ulid}, which the server refuses`);
    }
    // What a person took back is kept, and nobody has to act upon it.
    const gone = mine ? voided(mine) : new Set();
    const isVoid = mine?.events[ulid]?.kind === 'void';
    const named = device.tab.status.refused.some(({ part }) => part === `event ${ulid}`);
    if (!named && !gone.has(ulid) && !isVoid) {
      wrong.push(`${device.name}: event ${ulid} of ${event.child} is not told as refused`);
    }
  }
  return wrong;
}

/** What every tab lists, which followed all changes, is what one would list who reads it anew. */
async function shownRight(device: Device, pinyin: Pinyin): Promise<string[]> {
  const { db } = device.tab.store;
  const anew = createIndex(device.site, pinyin, null);
  const grouping = createGrouping(db, anew);
  const { rows } = await db.allDocs({ startkey: 'child:', endkey: 'child;' });
  const ids = rows.map(({ id }) => id).filter((id) => id !== undefined);
  for (const child of await readChildren(db, ids)) await grouping.take(child);
  const listed = (index: Pick<typeof anew, 'rows'>) =>
    [...index.rows()].sort((a, b) => (a.id < b.id ? -1 : 1)).map((row) => canonical(row));
  const right = listed(anew);
  return device.tabs.flatMap((tab, n) => {
    const shown = listed(tab.index);
    return right.length === shown.length && right.every((row, at) => row === shown[at])
      ? []
      : [`${device.name}: tab ${n} does not list the children as they are`];
  });
}

/** Every denial is told to the clinic and to the county. */
function reports(device: Device, docs: readonly object[], region: Docs): string[] {
  const problems = docs as readonly { _id: string; document?: string; revision?: string }[];
  return device.tab.status.refused.flatMap(({ id, rev, reason, problem }) => {
    const report = problems.find((doc) => doc._id === `problem:${problem}` && doc.document === id);
    if (!reason) return [`${device.name}: ${id} was refused without a reason`];
    if (!report) return [`${device.name}: the denial of ${id} ${rev} was not reported`];
    return region.has(report._id) ? [] : [`the county knows nothing of ${report._id}`];
  });
}
