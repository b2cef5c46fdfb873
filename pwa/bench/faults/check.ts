/** What must hold when everybody is connected again and nothing moves any more. */
import { canonical } from '../../src/children/canonical.ts';
import type { ChildDoc } from '../../src/children/document.ts';
import { readChild } from '../../src/children/leaves.ts';
import type { Device } from './device.ts';
import { isLater, type KeptChild, type KeptFact, type Ledger } from './ledger.ts';
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
  return new Map(rows.flatMap(({ doc }) => (doc ? [[doc._id, doc]] : [])));
}

/**
 * One replica of a child: what it lacks of the ledger, and what it has changed. `excused` are the
 * stations whose part of this child the server has refused.
 */
function compare(
  where: string,
  kept: KeptChild,
  doc: ChildDoc | undefined,
  excused: ReadonlySet<string>,
): string[] {
  if (!doc) return excused.size ? [] : [`${where}: ${kept.id} is not there`];
  const wrong: string[] = [];
  for (const [ulid, text] of kept.events) {
    const event = doc.events[ulid];
    const { station } = JSON.parse(text) as { station: string };
    if (!event && excused.has(station)) continue;
    if (!event) wrong.push(`${where}: ${kept.id} lacks event ${ulid}: ${text}`);
    else if (canonical(event) !== text) wrong.push(`${where}: ${kept.id} event ${ulid} changed`);
  }
  for (const [name, fact] of kept.facts) {
    if (excused.size) break;
    const there = doc.facts[name as keyof typeof doc.facts];
    // A later value is of somebody who was killed before being told that it was kept.
    const stands = there && !isLater(fact, there as KeptFact);
    if (!stands) {
      wrong.push(
        `${where}: ${kept.id} fact ${name} is ${JSON.stringify(there)}, ` +
          `recorded was ${JSON.stringify(fact)}`,
      );
    }
  }
  const marks = Object.values(doc.events).flatMap((event) => markOf(event));
  for (const mark of new Set(marks.filter((mark, at) => marks.indexOf(mark) !== at))) {
    wrong.push(`${where}: ${kept.id} has the event ${mark} more than once`);
  }
  return wrong;
}

/** Each act of the scenario marks its event, so that a doubled one shows. */
function markOf(event: object): string[] {
  const { note, lot } = event as { note?: string; lot?: string };
  return [note, lot].filter((text): text is string => text?.startsWith('act ') ?? false);
}

export interface World {
  server: CountyServer;
  ledger: Ledger;
  devices: readonly Device[];
  sites: readonly string[];
}

/** What is wrong now; empty when all is as it should be. */
export async function check({ server, ledger, devices, sites }: World): Promise<string[]> {
  const wrong: string[] = ledger.changed.map((what) => `an event was changed: ${what}`);
  for (const device of devices) {
    const { phase, problem, pending, refused } = device.program.status;
    if (phase !== 'idle') wrong.push(`${device.name} is ${phase}: ${problem?.detail ?? ''}`);
    for (const { id, rev } of pending) wrong.push(`${device.name}: ${id} ${rev} is still pending`);
    for (const { id, reason } of refused) {
      if (!ledger.tainted.has(`${device.name} ${id}`)) {
        wrong.push(`${device.name}: ${id} was refused: ${reason}`);
      }
    }
  }
  if (wrong.length) return wrong;

  const perSite = new Map<string, Docs>();
  for (const site of sites) perSite.set(site, await documentsOf(server, `site-${site}`));
  const ids = [
    ...new Set([...perSite.values()].flatMap((docs) => [...docs.keys()])),
    ...ledger.children.keys(),
    ...ledger.documents.keys(),
  ].filter((id) => !id.startsWith('_'));
  const region = await documentsOf(server, `region-${COUNTY}`, [...new Set(ids)]);

  const codes = new Map<string, string>();
  for (const [site, docs] of perSite) {
    for (const [id, doc] of docs) {
      if (id.startsWith('_')) continue;
      const above = region.get(id);
      if (!above) wrong.push(`region: ${id} of ${site} is not there`);
      else if (above._conflicts?.length) wrong.push(`region: ${id} has several leaves`);
      else {
        const shared = (ledger.children.get(id)?.sites.size ?? 1) > 1;
        // What a device says of itself is out of date as soon as it is said.
        const moving = shared || id.startsWith('device:');
        if (!moving && bodyOf(above) !== bodyOf(doc)) wrong.push(`region: ${id} differs`);
      }
      if (doc._conflicts?.length) wrong.push(`${site}: ${id} has several leaves`);
      const code = id.startsWith('child:') ? doc.facts.child_code?.value : null;
      if (code && codes.has(code) && codes.get(code) !== id) {
        wrong.push(`code ${code} was given to ${id} and ${codes.get(code)}`);
      }
      if (code) codes.set(code, id);
    }
  }
  for (const kept of ledger.children.values()) {
    const refusing = devices.filter(({ name }) => ledger.tainted.has(`${name} ${kept.id}`));
    const excused = new Set(refusing.map(({ station }) => station));
    wrong.push(...compare('region', kept, region.get(kept.id), excused));
    for (const site of kept.sites) {
      if (kept.sites.size > 1) break; // each clinic knows its own part until they are joined
      wrong.push(...compare(site, kept, perSite.get(site)?.get(kept.id), excused));
    }
    for (const device of refusing) {
      // What the server does not take is kept where it was recorded.
      const mine = await readChild(device.program.store.db, kept.id);
      const own = [...kept.events].filter(([, text]) => text.includes(device.station));
      for (const [ulid, text] of own) {
        if (!mine?.events[ulid] || canonical(mine.events[ulid]) !== text) {
          wrong.push(`${device.name}: ${kept.id} lost event ${ulid}: ${text}`);
        }
      }
      if (!device.program.status.refused.some(({ id }) => id === kept.id)) {
        wrong.push(`${device.name}: nothing of ${kept.id} was refused`);
      }
    }
  }
  for (const [id, { site, text }] of ledger.documents) {
    for (const [where, docs] of [
      [site, perSite.get(site)],
      ['region', region],
    ] as const) {
      const doc = docs?.get(id);
      if (!doc) wrong.push(`${where}: ${id} is not there`);
      else if (bodyOf(doc) !== text) wrong.push(`${where}: ${id} was changed`);
    }
  }
  if (wrong.length) return wrong;

  for (const device of devices) {
    const docs = perSite.get(device.site) as Docs;
    const { rows } = await device.program.store.db.allDocs({
      include_docs: true,
      conflicts: true,
    });
    const local = new Map(rows.flatMap(({ doc }) => (doc ? [[doc._id, doc]] : [])));
    for (const [id, doc] of docs) {
      // What each device says of itself may be a round behind on the others.
      if (id.startsWith('_') || id.startsWith('device:')) continue;
      const mine = local.get(id);
      const excused = ledger.tainted.has(`${device.name} ${id}`);
      if (!mine) wrong.push(`${device.name}: ${id} is not there`);
      else if (!excused && mine._conflicts?.length) {
        wrong.push(`${device.name}: ${id} has several leaves`);
      } else if (!excused && bodyOf(mine) !== bodyOf(doc)) {
        wrong.push(`${device.name}: ${id} differs from the server's`);
      }
    }
    for (const id of local.keys()) {
      if (!docs.has(id) && !ledger.tainted.has(`${device.name} ${id}`)) {
        wrong.push(`${device.name}: ${id} is only here`);
      }
    }
    wrong.push(...reports(device, [...docs.values()], region));
  }
  return wrong;
}

/** Every refusal is told to the clinic and to the county. */
function reports(device: Device, docs: readonly object[], region: Docs): string[] {
  const problems = docs as readonly { _id: string; document?: string; revision?: string }[];
  return device.program.status.refused.flatMap(({ id, rev, reason }) => {
    const report = problems.find((doc) => doc.document === id && doc.revision === rev);
    if (!reason) return [`${device.name}: ${id} was refused without a reason`];
    if (!report) return [`${device.name}: the refusal of ${id} ${rev} was not reported`];
    return region.has(report._id) ? [] : [`the county knows nothing of ${report._id}`];
  });
}
