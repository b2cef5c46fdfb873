import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SOURCE = join(import.meta.dirname, '..');

it('a table that is wider than the page is scrolled by keys, and has a name', () => {
  const found: string[] = [];
  for (const name of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.vue')) continue;
    const text = readFileSync(join(SOURCE, name), 'utf8');
    for (const [tag] of text.matchAll(/<\w+[^<]*\bclass="[^"]*\btable-wrap\b[^<]*>/g)) {
      found.push(name);
      for (const part of ['tabindex="0"', 'role="region"', 'aria-label=']) {
        expect(tag, name).toContain(part);
      }
    }
    // Nothing scrolls sideways but by that class.
    if (/<table\b/.test(text)) expect(text, name).not.toMatch(/overflow-x: auto/);
  }
  expect(found.length).toBeGreaterThan(10);
});
