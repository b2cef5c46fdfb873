/**
 * What can go wrong when a person records something. `code` is also the key of the message that
 * the screen shows (in each language), `params` fill its gaps. Never a child's data in either.
 */
export type FaultCode =
  /** The browser's quota or the disk is full. Nothing was written, nothing else was lost. */
  | 'StorageFull'
  /** The browser's database cannot be read or written: {reason}. */
  | 'StorageDamaged'
  /** Nobody is logged in, or the account has no clinic. */
  | 'NotOpen'
  /** The device's clock is more than a day off: {minutes}. Recording stops. */
  | 'ClockWrong'
  /** Offline since an earlier day, and nobody has confirmed today's date yet: {date}. */
  | 'DayUnsure'
  /** No such child on this device: {id}. */
  | 'UnknownChild'
  /** All child codes of this year of birth that the clinic can have are taken: {year}. */
  | 'NumbersExhausted'
  /** The server refuses a local rule. */
  | 'RuleRefused'
  /** What needs the server was tried without it. */
  | 'NoServer'
  /** The step of a move that was chosen is not open (any more): {id}. */
  | 'MoveNotOpen'
  /** It may not be recorded so: {code, part} of a denial (`case/rules`). */
  | 'Denied';

export class Fault extends Error {
  override name = 'Fault';
  readonly code: FaultCode;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(
    code: FaultCode,
    params: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(`${code} ${JSON.stringify(params)}`, options);
    this.code = code;
    this.params = params;
  }
}

/** What an error says of itself and of its causes; PouchDB puts the name of a DOMException in `reason`. */
function* said(error: unknown): Generator<{ name?: unknown; reason?: unknown; message?: unknown }> {
  let one = error;
  for (let depth = 0; depth < 8 && typeof one === 'object' && one !== null; depth++) {
    yield one;
    one = (one as { cause?: unknown }).cause;
  }
}

/** The platforms' codes of a full disk, which browsers put in the text of an `UnknownError`. */
const NO_SPACE = /\b(FILE_ERROR_NO_SPACE|NS_ERROR_FILE_NO_DEVICE_SPACE|ENOSPC)\b/;

function isFull(error: unknown): boolean {
  for (const { name, reason, message } of said(error)) {
    if (name === 'QuotaExceededError' || reason === 'QuotaExceededError') return true;
    if (NO_SPACE.test(`${reason} ${message}`)) return true;
  }
  return false;
}

/** What PouchDB or IndexedDB threw, as a fault. Faults are left as they are. */
export function storageFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (isFull(error)) return new Fault('StorageFull', {}, { cause: error });
  const [first] = said(error);
  const text = [first?.name, first?.reason, first?.message].filter(Boolean).join(': ');
  return new Fault('StorageDamaged', { reason: text.slice(0, 200) }, { cause: error });
}
