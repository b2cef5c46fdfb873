import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ADAPTER, LAYOUT } from './layout.ts';

it('is of the adapter that is installed: with another one, `layout.ts` has to be read again beside it', () => {
  const adapter = new URL('../../node_modules/pouchdb-adapter-idb/', import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('package.json', adapter), 'utf8'));
  expect(version).toBe(ADAPTER);
  const source = readFileSync(new URL('lib/index.js', adapter), 'utf8');
  expect(source).toContain(`ADAPTER_VERSION = ${LAYOUT};`);
});
