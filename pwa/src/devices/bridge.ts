/** The bridge of this browser: one connection for all pages, its address and token kept. */

import { type Ref, ref, shallowRef } from 'vue';
import {
  BridgeClient,
  BridgeError,
  type BridgeState,
  DEFAULT_ADDRESS,
  type Socket,
} from './bridge-client';
import type {
  BothLanguages,
  BridgeEvent,
  Calibration,
  CardWriting,
  Device,
  DeviceChanged,
  IdCard,
  PrinterShown,
  PrintJob,
  PrintRequest,
} from './generated.ts';
import { cardNumber } from './wedge';

const TOKEN = 'miaopu.bridge.token';
const ADDRESS = 'miaopu.bridge.address';

type ReadErrorListener = (code: string, message: BothLanguages | null) => void;

export interface Bridge {
  state: Readonly<Ref<BridgeState>>;
  devices: Readonly<Ref<Device[]>>;
  address: Readonly<Ref<string>>;
  /** Connects when this browser was paired before. A page's first word to the bridge makes the
   * browser ask for leave, so that an unpaired one stays silent. */
  start(): void;
  /** Pairs by the six digits that the bridge shows. Throws `BridgeError`. */
  pair(code: string, address?: string): Promise<void>;
  unpair(): Promise<void>;
  onCard(listener: (number: string) => void): () => void;
  /** Hears of a card that was not read, and of keys on the pad that are no password. */
  onReadError(listener: ReadErrorListener): () => void;
  onPin(listener: (digits: string) => void): () => void;
  /** Hears of an ID card that was laid on its reader. */
  onIdCard(listener: (card: IdCard) => void): () => void;
  /** Hears of a code that a scanner at a serial line read. */
  onScan(listener: (code: string) => void): () => void;
  /** Hears of a key of the evaluator, 1 to 5, and when it was pressed. */
  onRating(listener: (score: number, at: string) => void): () => void;
  /** Whether a device here is ready that can be asked for that. */
  takes(what: Device['takes'][number]): boolean;
  /** How far the card is that is being written. */
  writing: Readonly<Ref<CardWriting['step'] | null>>;
  /** Writes a card and reads it back. Throws `BridgeError` when the card does not hold the number. */
  writeCard(number: string): Promise<void>;
  stopWriting(): Promise<void>;
  /** Opens the PIN pad, where one can be asked; the digits come to `onPin`. Never throws: a pad that
   * is away is said by the device's own state. */
  askPin(again?: boolean): Promise<void>;
  closePad(): Promise<void>;
  askRating(): Promise<void>;
  /** Throws `BridgeError`. */
  print(wanted: PrintRequest): Promise<PrintJob>;
  /** Throws `BridgeError`. */
  printers(): Promise<PrinterShown[]>;
  /** Throws `BridgeError`. */
  job(id: string): Promise<PrintJob>;
  /** Throws `BridgeError`. */
  printGrid(printer: string, width: number, height: number): Promise<void>;
  /** Throws `BridgeError`. */
  calibrate(printer: string, measured: Calibration): Promise<void>;
  pdf(path: string): Promise<Blob>;
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

function create(): Bridge {
  const state = ref<BridgeState>('off');
  const devices = shallowRef<Device[]>([]);
  const address = ref(loopbackAddress(localStorage.getItem(ADDRESS) ?? '') ?? DEFAULT_ADDRESS);
  const cards = new Set<(number: string) => void>();
  const errors = new Set<ReadErrorListener>();
  const pins = new Set<(digits: string) => void>();
  const idCards = new Set<(card: IdCard) => void>();
  const scans = new Set<(code: string) => void>();
  const ratings = new Set<(score: number, at: string) => void>();
  const writing = ref<CardWriting['step'] | null>(null);
  let client = connectTo(address.value);

  function connectTo(where: string): BridgeClient {
    return new BridgeClient({
      address: where,
      token: localStorage.getItem(TOKEN),
      socket: (url) => new WebSocket(url) as Socket,
      fetcher: (url, init) => fetch(url, init),
      onState: (now) => {
        state.value = now;
        if (now !== 'connected') devices.value = [];
      },
      onEvent: hear,
    });
  }

  function hear(event: BridgeEvent): void {
    switch (event.type) {
      case 'hello':
        devices.value = event.devices;
        break;
      case 'device':
        devices.value = devices.value.map((device) =>
          device.id === event.id ? { ...device, ...stateOf(event) } : device,
        );
        break;
      case 'card': {
        const read = cardNumber(event.track2);
        if ('number' in read) for (const listener of cards) listener(read.number);
        else for (const listener of errors) listener(read.code, null);
        break;
      }
      case 'card_error':
      case 'pin_error':
        for (const listener of errors) listener(event.code, event.message);
        break;
      case 'card_writing':
        writing.value = event.step;
        break;
      case 'id_card':
        for (const listener of idCards) listener(event);
        break;
      case 'scan':
        for (const listener of scans) listener(event.code);
        break;
      case 'rating':
        for (const listener of ratings) listener(event.score, event.at);
        break;
      case 'pin':
        for (const listener of pins) listener(event.digits);
        break;
      default:
        break;
    }
  }

  function listen<T>(set: Set<T>, listener: T): () => void {
    set.add(listener);
    return () => set.delete(listener);
  }

  function takes(what: Device['takes'][number]): boolean {
    return devices.value.some(({ state, takes }) => state === 'ready' && takes.includes(what));
  }

  /** Asks a device that is there; what is not there is told by its own state. */
  async function quietly(
    what: Device['takes'][number],
    ask: () => Promise<unknown>,
  ): Promise<void> {
    if (!takes(what)) return;
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
    }
  }

  return {
    state,
    devices,
    address,
    start() {
      if (localStorage.getItem(TOKEN) !== null) client.start();
    },
    async pair(code, where) {
      if (where && where !== address.value) {
        client.stop();
        client = connectTo(where);
      }
      const token = await client.pair(code);
      localStorage.setItem(TOKEN, token);
      if (where) {
        localStorage.setItem(ADDRESS, where);
        address.value = where;
      }
      client.stop();
      client = connectTo(address.value);
      client.start();
    },
    async unpair() {
      try {
        await client.unpair();
      } finally {
        // Whether or not the bridge heard it, this browser no longer uses it.
        localStorage.removeItem(TOKEN);
        client.stop();
        client = connectTo(address.value);
      }
    },
    onCard: (listener) => listen(cards, listener),
    onReadError: (listener) => listen(errors, listener),
    onPin: (listener) => listen(pins, listener),
    onIdCard: (listener) => listen(idCards, listener),
    onScan: (listener) => listen(scans, listener),
    onRating: (listener) => listen(ratings, listener),
    takes,
    writing,
    async writeCard(number) {
      writing.value = null;
      try {
        await client.writeCard(number);
      } finally {
        writing.value = null;
      }
    },
    stopWriting: () => client.stopWriting(),
    askPin: (again = false) => quietly('pin', () => client.askPin(again)),
    closePad: () => quietly('pin', () => client.closePad()),
    askRating: () => quietly('rating', () => client.askRating()),
    print: (wanted) => client.print(wanted),
    printers: () => client.printers(),
    job: (id) => client.job(id),
    printGrid: (printer, width, height) => client.printGrid(printer, width, height),
    calibrate: (printer, measured) => client.calibrate(printer, measured),
    pdf: (path) => client.pdf(path),
  };
}

function stateOf({ state, reason, code, message }: DeviceChanged) {
  return { state, reason, code, message };
}

let bridge: Bridge | null = null;

export function useBridge(): Bridge {
  bridge ??= create();
  return bridge;
}
