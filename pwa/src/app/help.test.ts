// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shownKeys } from './shown-keys.ts';
import en from './words.en.json';
import zh from './words.zh.json';

it('every page has its paragraph of help in both languages', () => {
  const router = readFileSync(join(import.meta.dirname, 'router.ts'), 'utf8');
  const names = [...router.matchAll(/^ {6}name: '([\w-]+)',$/gm)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThan(15);
  for (const name of names.filter((one) => one !== 'login')) {
    expect((zh.help.page as Record<string, string>)[name], name).toBeTruthy();
    expect((en.help.page as Record<string, string>)[name], name).toBeTruthy();
  }
});

it('the keys of a page are read off it, once each, with what they do', () => {
  document.body.innerHTML = `
    <button>Save <kbd>Ctrl+Enter</kbd></button><a href="/x" aria-label="Away"><kbd>F6</kbd></a>
    <button> Save <kbd>Ctrl+Enter</kbd></button><kbd></kbd>`;
  expect(shownKeys(document.body)).toEqual([
    { key: 'Ctrl+Enter', label: 'Save' },
    { key: 'F6', label: 'Away' },
  ]);
});
