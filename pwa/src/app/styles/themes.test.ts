import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { THEMES } from '../../ui/preferences.ts';

type Tokens = Record<string, string>;

/** The colours of each theme: `:root` alone, and with what a theme names anew. */
function themes(css: string): Record<string, Tokens> {
  const found: Record<string, Tokens> = {};
  for (const [, selector = '', body = ''] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    const name = /data-theme="(\w+)"/.exec(selector)?.[1] ?? 'light';
    const colours = [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)];
    const own = Object.fromEntries(colours.map(([, token = '', value = '']) => [token, value]));
    found[name] = { ...found.light, ...found[name], ...own };
  }
  return found;
}

/** Relative luminance of `#rrggbb` (WCAG 2.2). */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const READABLE = 4.5;
/** Text and what it stands on: keys, buttons, tags, muted lines. */
const PAIRS = [
  ['ink-2', 'surface'],
  ['ink', 'accent-soft'],
  ['accent', 'surface'],
  ['accent', 'ground'],
  ['accent', 'surface-2'],
  ['accent-hover', 'accent-soft'],
  ['bad', 'surface'],
  ['bad', 'bad-soft'],
  ['warn', 'warn-soft'],
  ['good', 'good-soft'],
  ['info', 'info-soft'],
  ['ink-3', 'surface'],
  ['ink-3', 'surface-2'],
  ['ink-3', 'surface-3'],
  ['ink-3', 'ground'],
  ['on-brand', 'brand'],
] as const;
const all = themes(readFileSync(new URL('./themes.css', import.meta.url), 'utf8'));

describe.each(Object.entries(all))('theme %s', (_, tokens) => {
  it.each(PAIRS)('can be read: %s on %s', (text, ground) => {
    expect(contrast(tokens[text] ?? '', tokens[ground] ?? '')).toBeGreaterThanOrEqual(READABLE);
  });

  it('can be read: the words of a primary button', () => {
    const words = tokens['on-accent'] ?? '';
    expect(contrast(words, tokens.accent ?? '')).toBeGreaterThanOrEqual(READABLE);
    expect(contrast(words, tokens['accent-hover'] ?? '')).toBeGreaterThanOrEqual(READABLE);
  });
});

it('there are six or more, each with its colours', () => {
  expect(THEMES.length).toBeGreaterThanOrEqual(6);
  for (const { id } of THEMES) expect(id === 'green' ? all.light : all[id], id).toBeDefined();
});
