import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECORD_KINDS } from '../children/record';
import { DENIALS } from '../models/denials.ts';
import { REASON_CODES, TRAIL_OUTCOMES } from '../schedule/types.ts';
import en from './en.ts';
import enReasons from './reasons.en.json';
import zhReasons from './reasons.zh.json';
import { gathered } from './words.ts';
import zh from './zh.ts';

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(prefix + name, value);
    else for (const [key, text] of flat(value, `${prefix}${name}.`)) found.set(key, text);
  }
  return found;
}

const SOURCE = join(import.meta.dirname, '..');
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
const read = (name: string) => readFileSync(join(SOURCE, name), 'utf8');
const pages = files.filter((name) => name.endsWith('.vue'));
const zhKeys = flat(zh as Tree);
const enKeys = flat(en as Tree);
const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((gap) => gap[1]).sort();

describe.each([
  ['the pages', zhKeys, enKeys],
  ['the reasons', flat(zhReasons as Tree), flat(enReasons as Tree)],
])('the words of %s', (_, chinese, english) => {
  it('are the same in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it('have the same gaps to fill', () => {
    for (const [key, text] of chinese) {
      expect(`${key} ${gaps(english.get(key) ?? '')}`).toBe(`${key} ${gaps(text)}`);
    }
  });

  it('are never empty', () => {
    for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('');
  });
});

describe('two features', () => {
  it('have no namespace together', () => {
    const files = { 'a/words.zh.json': { home: {} }, 'b/words.zh.json': { home: {} } };
    expect(() => gathered(files)).toThrow('b/words.zh.json');
  });
});

describe('the pages', () => {
  it('hold no Chinese of their own', () => {
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages) {
      // Comments may name the Chinese term of what they explain.
      const code = read(page)
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/<!--[\s\S]*?-->/g, '')
        .replace(/^\s*\/\/.*$/gm, '');
      expect(code.match(/[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+/)?.[0], page).toBeUndefined();
    }
  });

  it('ask only for words that are there', () => {
    for (const page of pages) {
      for (const [, key = ''] of read(page).matchAll(/\bt\(\s*'([^']+)'/g)) {
        expect(zhKeys.has(key), `${page}: ${key}`).toBe(true);
      }
    }
  });
});

describe('words that are looked up by a code', () => {
  const has = (key: string) => expect(zhKeys.has(key), key).toBe(true);

  it('are there for each reason and outcome of the schedule engine', () => {
    const reasons = flat(zhReasons as Tree);
    for (const code of REASON_CODES) expect(reasons.has(code), code).toBe(true);
    for (const outcome of TRAIL_OUTCOMES) has(`trail.outcome.${outcome}`);
  });

  it('are there for each fault, with what to do', () => {
    const codes = [...read('storage/fault.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
      (match) => match[1],
    );
    expect(codes.length).toBeGreaterThan(8);
    for (const code of [...codes, 'Unexpected']) {
      has(`fault.${code}.what`);
      has(`fault.${code}.do`);
    }
  });

  it('are there for each warning before a dose', () => {
    const codes = [...read('vaccinate/visit.ts').matchAll(/'visit\.(\w+)'/g)].map(
      (match) => match[1],
    );
    expect(codes.length).toBeGreaterThan(7);
    for (const code of codes) has(`warning.${code}`);
  });

  it('are there for each event, field and cause of a denial', () => {
    const kinds = read('models/generated.ts')
      .split('export interface ')
      .filter((shape) => shape.includes('extends Provenance'))
      .flatMap((shape) => /^ {2}kind: '(\w+)';$/m.exec(shape)?.[1] ?? []);
    expect(kinds.length).toBeGreaterThan(8);
    for (const kind of kinds) has(`kind.${kind}`);
    for (const [code, cause] of Object.entries(DENIALS)) {
      has(`denied.${code}`);
      has(`sync.why.${cause}`);
    }
    has('sync.why.size');
  });

  it('are there for each kind of record', () => {
    for (const kind of RECORD_KINDS)
      for (const part of ['title', 'save', 'help']) has(`record.${kind}.${part}`);
  });

  it('are there for each denial of a login', () => {
    const reasons = [...read('workspace/user.ts').matchAll(/^ +\| '([a-z_]+)'$/gm)].map(
      (match) => match[1],
    );
    expect(reasons).toContain('unknown_offline');
    for (const reason of [...reasons, 'wrong_password']) has(`login.error.${reason}.what`);
  });
});
