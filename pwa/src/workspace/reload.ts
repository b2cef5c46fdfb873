/**
 * Who goes on after the page was loaded again (刷新不退出): the account's name, kept by this tab while
 * the page is away. No password and no role is kept, a closed tab takes it along, and a tab that a
 * browser brings back later is not loaded again but opened.
 */
const KEY = 'miaopu.reload';
/** A page is away for no longer than this while it is loaded again. */
const AWAY_MS = 60_000;

export interface Tab {
  kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  now: () => number;
  /** How the page was opened: `reload`, `navigate`, `back_forward`, … */
  opened: () => string | undefined;
}

const thisTab = (): Tab => ({
  kept: sessionStorage,
  now: Date.now,
  opened: () =>
    (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined)
      ?.type,
});

/** The page goes away; `name` is whoever is logged in. */
export function noteLeaving(name: string | null, { kept, now }: Tab = thisTab()): void {
  if (name === null) kept.removeItem(KEY);
  else kept.setItem(KEY, JSON.stringify({ name, at: now() }));
}

/** Who was logged in when this page was loaded again, told once; null where it was not. */
export function takeReloaded({ kept, now, opened }: Tab = thisTab()): string | null {
  const text = kept.getItem(KEY);
  kept.removeItem(KEY);
  if (text === null || opened() !== 'reload') return null;
  const { name, at } = JSON.parse(text) as { name: string; at: number };
  const away = now() - at;
  return away >= 0 && away <= AWAY_MS ? name : null;
}
