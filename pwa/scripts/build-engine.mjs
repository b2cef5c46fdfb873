/**
 * Builds the schedule engine (免疫程序引擎) into one file, twice: `dist-engine/engine.js`, a plain
 * script with the global `miaopuSchedule`, which Python runs in V8; and `dist-engine/engine.mjs`,
 * the same as a module, for Node and browsers. And `dist-engine/programme.js`, the global
 * `miaopuProgramme`: what a change of the programme does, and `dist-engine/planner.js`, the global
 * `miaopuPlanner`: a clinic's visits to come; both for Python alone.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

const engine = { entryPoints: [path('src/schedule/bundle.ts')] };
const programme = { entryPoints: [path('src/schedules/bundle.ts')] };
const planner = { entryPoints: [path('src/appointments/bundle.ts')] };
const shared = {
  bundle: true,
  minify: true,
  target: 'es2023',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
};

export async function buildEngine() {
  const script = path('dist-engine/engine.js');
  const module = path('dist-engine/engine.mjs');
  await Promise.all([
    build({ ...shared, ...engine, format: 'iife', globalName: 'miaopuSchedule', outfile: script }),
    build({ ...shared, ...engine, format: 'esm', outfile: module }),
    build({
      ...shared,
      ...programme,
      format: 'iife',
      globalName: 'miaopuProgramme',
      outfile: path('dist-engine/programme.js'),
    }),
    build({
      ...shared,
      ...planner,
      format: 'iife',
      globalName: 'miaopuPlanner',
      outfile: path('dist-engine/planner.js'),
    }),
  ]);
  return { script, module, gzipBytes: gzipSync(readFileSync(module), { level: 9 }).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { script, gzipBytes } = await buildEngine();
  console.log(`${script}: ${(gzipBytes / 1000).toFixed(1)} kB gzip`);
}
