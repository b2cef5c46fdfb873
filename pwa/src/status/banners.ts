/** What must be said across the page: a problem that a person should know of or act upon. */

import type { ClockState } from '../clock/clock.ts';
import type { StorageHealth } from '../storage/health.ts';
import type { SyncStatus } from '../sync/types.ts';

export interface Banner {
  /** Key in the catalogue under `banner`. */
  key:
    | 'clockWrong'
    | 'clockBack'
    | 'clockWarn'
    | 'clockAsk'
    | 'storageFull'
    | 'storageLow'
    | 'storageDamaged'
    | 'storageLost'
    | 'unauthorised'
    | 'refusedByServer'
    | 'refusedAbove'
    | 'server'
    | 'recreated'
    | 'storage';
  tone: 'bad' | 'warn';
  action: 'login' | 'retry' | 'drawer' | 'understood' | 'confirmDay' | null;
  params: Record<string, string | number>;
}

/** How far off a clock is, in the largest unit that says something. */
export function offBy(ms: number): { amount: number; unit: 'days' | 'hours' | 'minutes' } {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes >= 2880) return { amount: Math.round(minutes / 1440), unit: 'days' };
  if (minutes >= 120) return { amount: Math.round(minutes / 60), unit: 'hours' };
  return { amount: minutes, unit: 'minutes' };
}

export function banners(seen: {
  status: Pick<SyncStatus, 'phase' | 'problem'>;
  clock: ClockState;
  storage: StorageHealth;
  /** How much the server above refuses. */
  above: number;
}): Banner[] {
  const { status, clock, storage, above } = seen;
  const found: Banner[] = [];
  const add = (
    key: Banner['key'],
    tone: Banner['tone'],
    action: Banner['action'] = null,
    params: Banner['params'] = {},
  ) => found.push({ key, tone, action, params });

  if (clock.level === 'ask') add('clockAsk', 'warn', 'confirmDay');
  else if (clock.level !== 'ok') {
    const wrong = clock.level === 'wrong';
    const key = clock.cause === 'backwards' ? 'clockBack' : wrong ? 'clockWrong' : 'clockWarn';
    const { amount, unit } = offBy(clock.offsetMs ?? 0);
    add(key, wrong ? 'bad' : 'warn', null, { amount, unit });
  }
  if (storage.lost) {
    const { documents, pending } = storage.lost;
    add('storageLost', 'bad', 'understood', { documents, pending });
  }
  if (storage.state !== 'ok') {
    const keys = { full: 'storageFull', low: 'storageLow', damaged: 'storageDamaged' } as const;
    add(keys[storage.state], storage.state === 'low' ? 'warn' : 'bad');
  }
  switch (status.problem?.kind) {
    case 'unauthorised':
      add('unauthorised', 'warn', 'login');
      break;
    case 'refused':
      add('refusedByServer', 'bad', 'drawer');
      break;
    case 'server':
      add('server', 'warn', 'retry');
      break;
    case 'recreated':
      add('recreated', 'bad', 'drawer');
      break;
    case 'storage':
      if (storage.state === 'ok') add('storage', 'bad');
      break;
    default:
      // No network is a state of work here and not a problem: the sign in the header tells it.
      break;
  }
  if (above > 0) add('refusedAbove', 'warn', 'drawer', { count: above });
  return found;
}
