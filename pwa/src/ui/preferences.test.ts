import { describe, expect, it } from 'vitest';
import { readPreferences } from './preferences';

describe('readPreferences', () => {
  it('takes what was stored', () => {
    const text = JSON.stringify({ theme: 'dark', scale: 1.15, locale: 'en', lastUser: 'nurse1' });
    expect(readPreferences(text)).toEqual({
      theme: 'dark',
      scale: 1.15,
      locale: 'en',
      lastUser: 'nurse1',
    });
  });

  it('replaces what is unknown or damaged by the default', () => {
    const normal = { theme: 'green', scale: 1, locale: 'zh', lastUser: '' };
    expect(readPreferences(null)).toEqual(normal);
    expect(readPreferences('{not json')).toEqual(normal);
    expect(readPreferences('null')).toEqual(normal);
    expect(readPreferences('{"theme":"neon","scale":9,"locale":"fr","lastUser":4}')).toEqual(
      normal,
    );
  });
});
