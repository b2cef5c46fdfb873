import { describe, expect, it } from 'vitest';
import type { Device } from './generated.ts';
import { trouble } from './troubles';

const device = (id: string, state: Device['state']): Device => ({
  id,
  driver: 'msr206',
  kind: 'card',
  state,
  reason: '',
  code: '',
  message: null,
  takes: [],
});

describe('the sign of the devices', () => {
  it('is silent while all is well, and where no bridge is in use', () => {
    expect(trouble('connected', [device('card', 'ready'), device('pin', 'starting')])).toBeNull();
    expect(trouble('off', [])).toBeNull();
    expect(trouble('connecting', [])).toBeNull();
  });

  it('names one device, and counts several', () => {
    const card = device('card', 'unplugged');
    expect(trouble('connected', [device('pin', 'ready'), card])).toEqual({
      what: 'device',
      device: card,
    });
    expect(trouble('connected', [card, device('pin', 'error')])).toEqual({
      what: 'devices',
      count: 2,
    });
  });

  it('says that the bridge is away', () => {
    expect(trouble('unreachable', [])).toEqual({ what: 'bridge', state: 'unreachable' });
    expect(trouble('unpaired', [])).toEqual({ what: 'bridge', state: 'unpaired' });
  });
});
