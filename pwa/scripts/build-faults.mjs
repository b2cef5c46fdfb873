/** Builds `bench/faults` into `.vite/faults.mjs`, for Node: the data side of the program, bundled. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { esbuildReadings } from './readings.mjs';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

await build({
  entryPoints: [path('bench/faults/main.ts')],
  outfile: path('.vite/faults.mjs'),
  bundle: true,
  plugins: [esbuildReadings],
  format: 'esm',
  platform: 'node',
  // PouchDB's builds for browsers: it is IndexedDB that they run on.
  mainFields: ['browser', 'module', 'main'],
  conditions: ['browser', 'import'],
  target: 'node20',
  logLevel: 'warning',
  sourcemap: 'inline',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
