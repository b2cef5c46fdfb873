/** The bridge of this browser: one connection for all pages, its address and token kept. */

import { type Ref, ref, shallowRef } from 'vue';
import { BridgeError, type BridgeState } from './bridge-client';
import type {
  BridgeEvent,
  Calibration,
  CardWriting,
  Device,
  DeviceChanged,
  PrinterShown,
  PrintJob,
  PrintRequest,
} from './generated.ts';
import { createListeners, type Listening } from './listeners.ts';
import { createPairing, type Pairing } from './pairing.ts';

export { loopbackAddress } from './pairing.ts';

export interface Bridge extends Pairing, Listening {
  state: Readonly<Ref<BridgeState>>;
  devices: Readonly<Ref<Device[]>>;
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

function create(): Bridge {
  const state = ref<BridgeState>('off');
  const devices = shallowRef<Device[]>([]);
  const writing = ref<CardWriting['step'] | null>(null);
  const { listening, tell } = createListeners();
  const { pairing, client } = createPairing({
    onState(now) {
      state.value = now;
      if (now !== 'connected') devices.value = [];
    },
    onEvent(event) {
      devices.value = devicesAfter(devices.value, event);
      if (event.type === 'card_writing') writing.value = event.step;
      tell(event);
    },
  });

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
    ...pairing,
    ...listening,
    state,
    devices,
    takes,
    writing,
    async writeCard(number) {
      writing.value = null;
      try {
        await client().writeCard(number);
      } finally {
        writing.value = null;
      }
    },
    stopWriting: () => client().stopWriting(),
    askPin: (again = false) => quietly('pin', () => client().askPin(again)),
    closePad: () => quietly('pin', () => client().closePad()),
    askRating: () => quietly('rating', () => client().askRating()),
    print: (wanted) => client().print(wanted),
    printers: () => client().printers(),
    job: (id) => client().job(id),
    printGrid: (printer, width, height) => client().printGrid(printer, width, height),
    calibrate: (printer, measured) => client().calibrate(printer, measured),
    pdf: (path) => client().pdf(path),
  };
}

/** The devices as an event tells of them; the same list where it tells nothing. */
function devicesAfter(devices: Device[], event: BridgeEvent): Device[] {
  if (event.type === 'hello') return event.devices;
  if (event.type !== 'device') return devices;
  return devices.map((device) =>
    device.id === event.id ? { ...device, ...stateOf(event) } : device,
  );
}

function stateOf({ state, reason, code, message }: DeviceChanged) {
  return { state, reason, code, message };
}

let bridge: Bridge | null = null;

export function useBridge(): Bridge {
  bridge ??= create();
  return bridge;
}
