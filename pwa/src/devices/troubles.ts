/** What of the desk's devices is wrong, for the sign at the top of every page. */

import type { BridgeState } from './bridge-client';
import type { Device } from './generated.ts';

export type Trouble =
  /** The bridge itself cannot be reached, or knows this browser no more. */
  | { what: 'bridge'; state: 'unreachable' | 'unpaired' }
  | { what: 'device'; device: Device }
  | { what: 'devices'; count: number };

/** None while all is well, or no bridge is in use; a device that is starting is not away yet. */
export function trouble(state: BridgeState, devices: readonly Device[]): Trouble | null {
  if (state === 'unreachable' || state === 'unpaired') return { what: 'bridge', state };
  if (state !== 'connected') return null;
  const away = devices.filter((device) => device.state === 'unplugged' || device.state === 'error');
  const [first] = away;
  if (!first) return null;
  return away.length === 1
    ? { what: 'device', device: first }
    : { what: 'devices', count: away.length };
}
