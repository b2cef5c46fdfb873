/** The address and the token of this browser's bridge, and the client that goes by them. */

import { type Ref, ref } from 'vue';
import { BridgeClient, type BridgeOptions, DEFAULT_ADDRESS, type Socket } from './bridge-client';

const TOKEN = 'miaopu.bridge.token';
const ADDRESS = 'miaopu.bridge.address';

export interface Pairing {
  address: Readonly<Ref<string>>;
  /** Connects when this browser was paired before. A page's first word to the bridge makes the
   * browser ask for leave, so that an unpaired one stays silent. */
  start(): void;
  /** Pairs by the six digits that the bridge shows. Throws `BridgeError`. */
  pair(code: string, address?: string): Promise<void>;
  unpair(): Promise<void>;
}

/** Addresses of this PC only: the bridge is never on another machine. */
export function loopbackAddress(text: string): string | null {
  try {
    const url = new URL(text);
    const loopback = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
    return loopback && url.protocol === 'http:' ? url.origin : null;
  } catch {
    return null;
  }
}

/** `client` gives the client of the present address and token: another one after each pairing. */
export function createPairing(told: Pick<BridgeOptions, 'onState' | 'onEvent'>): {
  pairing: Pairing;
  client: () => BridgeClient;
} {
  const address = ref(loopbackAddress(localStorage.getItem(ADDRESS) ?? '') ?? DEFAULT_ADDRESS);
  let client = connectTo(address.value);

  function connectTo(where: string): BridgeClient {
    return new BridgeClient({
      address: where,
      token: localStorage.getItem(TOKEN),
      socket: (url) => new WebSocket(url) as Socket,
      fetcher: (url, init) => fetch(url, init),
      ...told,
    });
  }

  function moveTo(where: string): void {
    client.stop();
    client = connectTo(where);
  }

  const pairing: Pairing = {
    address,
    start() {
      if (localStorage.getItem(TOKEN) !== null) client.start();
    },
    async pair(code, where) {
      if (where && where !== address.value) moveTo(where);
      const token = await client.pair(code);
      localStorage.setItem(TOKEN, token);
      if (where) {
        localStorage.setItem(ADDRESS, where);
        address.value = where;
      }
      moveTo(address.value);
      client.start();
    },
    async unpair() {
      try {
        await client.unpair();
      } finally {
        // Whether or not the bridge heard it, this browser no longer uses it.
        localStorage.removeItem(TOKEN);
        moveTo(address.value);
      }
    },
  };
  return { pairing, client: () => client };
}
