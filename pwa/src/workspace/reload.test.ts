import { describe, expect, it } from 'vitest';
import { noteLeaving, type Tab, takeReloaded } from './reload.ts';

function tab(): Tab & { time: number; how: string; texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const made = {
    texts,
    time: 1000,
    how: 'reload',
    kept: {
      getItem: (key: string) => texts.get(key) ?? null,
      setItem: (key: string, value: string) => void texts.set(key, value),
      removeItem: (key: string) => void texts.delete(key),
    },
    now: () => made.time,
    opened: () => made.how,
  };
  return made;
}

describe('a page that is loaded again', () => {
  it('has whoever was logged in, once', () => {
    const one = tab();
    noteLeaving('nurse1', one);
    one.time += 2000;
    expect(takeReloaded(one)).toBe('nurse1');
    expect(takeReloaded(one)).toBeNull();
  });

  it('has nobody after a logout', () => {
    const one = tab();
    noteLeaving('nurse1', one);
    noteLeaving(null, one);
    expect(takeReloaded(one)).toBeNull();
  });

  it.each(['navigate', 'back_forward', 'prerender'])(
    'has nobody when it was opened by %s',
    (how) => {
      const one = tab();
      noteLeaving('nurse1', one);
      one.how = how;
      expect(takeReloaded(one)).toBeNull();
      expect(one.texts.size).toBe(0);
    },
  );

  it('has nobody when it was away for long, or the clock was set back', () => {
    for (const passed of [61_000, -1]) {
      const one = tab();
      noteLeaving('nurse1', one);
      one.time += passed;
      expect(takeReloaded(one)).toBeNull();
    }
  });
});
