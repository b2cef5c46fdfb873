/**
 * `node faults.mjs --seed N --seeds COUNT --python PATH --folder DIR`: plays the stories of COUNT
 * seeds from N on against real servers, and tells one line for each. Ends with 1 when one failed.
 */
import './environment.ts';
import { setMaxListeners } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../src/storage/database.ts';
import { createStore } from '../../src/storage/store.ts';
import { loadPinyin } from '../../src/workspace/pinyin.ts';
import { SENIOR } from './device.ts';
import { drawTrouble, hasHub, play, type ServerTrouble, type Story } from './scenario.ts';
import { CountyServer, hubAccount, siteCode } from './server.ts';

/** Stories that one server lives through: each has two clinics of its own. */
const BATCH = 10;
const AT_ONCE = 4;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    /** These seeds instead. */
    only: { type: 'string', multiple: true },
    python: { type: 'string' },
    folder: { type: 'string' },
    /** What befalls the server, whatever the seed says. */
    trouble: { type: 'string' },
    /** Every first clinic has a hub, whatever the seed says. */
    hub: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

const troubleOf = (seed: number): ServerTrouble =>
  (values.trouble as ServerTrouble | undefined) ?? drawTrouble(seed);

const withHub = (seed: number): boolean => values.hub || hasHub(seed);

function tell(story: Story): void {
  const { seed, trouble, wrong, events, ms } = story;
  const result = wrong.length ? 'FAILED' : 'ok';
  const servers = `server ${trouble}${withHub(seed) ? ', a hub' : ''}`;
  console.log(`seed ${seed}: ${result}  ${servers}, ${events} events, ${ms.toFixed(0)} ms`);
  for (const line of wrong.slice(0, 10)) console.log(`  ${line}`);
  if (wrong.length > 10) console.log(`  and ${wrong.length - 10} more`);
  if (values.verbose) {
    for (const what of [story.acts, story.met, story.kinds]) console.log(' ', JSON.stringify(what));
  }
}

async function batch(seeds: number[], folder: string, python: string): Promise<Story[]> {
  const codes = seeds.flatMap((_, n) => [siteCode(n * 2 + 1), siteCode(n * 2 + 2)]);
  const server = new CountyServer(folder, python, codes);
  const hubs = new Map<number, CountyServer>();
  const catalog = createStore(await openDatabase(`catalog-${seeds[0]}`));
  const pinyin = await loadPinyin();
  const stories: Story[] = [];
  try {
    const staff = { nurse1: 'ordinary', nurse2: 'ordinary', [SENIOR]: 'senior' } as const;
    await server.create(staff);
    for (const seed of seeds.filter(withHub)) {
      const site = codes[seeds.indexOf(seed) * 2] as string;
      await server.account(hubAccount(site), [`site:${site}`, 'grade:admin']);
      const hub = new CountyServer(join(folder, `hub-${site}`), python, [site], server);
      hubs.set(seed, hub);
      await hub.create(staff);
    }
    const perform = async (seed: number) => {
      const at = seeds.indexOf(seed) * 2;
      const sites = [codes[at] as string, codes[at + 1] as string] as const;
      const hub = hubs.get(seed) ?? null;
      const story = await play(seed, troubleOf(seed), { server, hub, sites, catalog, pinyin });
      stories.push(story);
      tell(story);
    };
    const calm = seeds.filter((seed) => troubleOf(seed) === 'none');
    const rough = seeds.filter((seed) => troubleOf(seed) !== 'none');
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let seed = calm.shift(); seed !== undefined; seed = calm.shift()) await perform(seed);
      }),
    );
    // What befalls the server befalls all, so these are alone.
    for (const seed of rough) await perform(seed);
  } finally {
    await Promise.all([...hubs.values(), server].map((one) => one.stop()));
  }
  return stories;
}

async function main(): Promise<number> {
  const { python, folder } = values;
  if (!python || !folder) throw new Error('--python and --folder are needed');
  // Many waits listen to one signal at a time.
  setMaxListeners(0);
  const first = Number(values.seed);
  const all =
    values.only?.map(Number) ?? Array.from({ length: Number(values.seeds) }, (_, n) => first + n);
  const count = all.length;
  const failed: number[] = [];
  const start = performance.now();
  for (let at = 0; at < count; at += BATCH) {
    const seeds = all.slice(at, at + BATCH);
    const place = join(folder, `batch-${seeds[0]}`);
    await rm(place, { recursive: true, force: true });
    const stories = await batch(seeds, place, python);
    const bad = stories.filter(({ wrong }) => wrong.length).map(({ seed }) => seed);
    failed.push(...bad);
    if (bad.length === 0) await rm(place, { recursive: true, force: true });
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${count - failed.length} of ${count} seeds passed in ${seconds.toFixed(0)} s` +
      (failed.length ? `; failed: ${failed.join(' ')}` : ''),
  );
  return failed.length ? 1 : 0;
}

process.exit(await main());
