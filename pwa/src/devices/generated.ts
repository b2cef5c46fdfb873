// Generated from the models by `miaopu generate`. Do not edit.

/** A message in both languages; the application shows the one that it is in. */
export interface BothLanguages {
  zh: string;
  en: string;
}

/** A card was read (刷卡). */
export interface Card {
  at: string;
  type: 'card';
  reader: string;
  track2: string;
}

/** A card was swiped and not read. */
export interface CardError {
  at: string;
  type: 'card_error';
  reader: string;
  code: string;
  message: BothLanguages | null;
}

/** A device of this PC and how it is. `reason` is for who repairs it. */
export interface Device {
  id: string;
  driver: string;
  kind: 'card' | 'pin' | 'printer';
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
}

/** A device came or went. */
export interface DeviceChanged {
  at: string;
  type: 'device';
  id: string;
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
}

/** Where in a form, and why; never what stands there. */
export interface FieldProblem {
  field: string;
  reason: string;
}

/** Nothing happened, and the bridge is there. */
export interface Heartbeat {
  at: string;
  type: 'heartbeat';
}

/** The first event of a connection. */
export interface Hello {
  at: string;
  type: 'hello';
  version: string;
  devices: Device[];
}

/** A job of the application's own origin went on. */
export interface JobChanged {
  id: string;
  template: string;
  lang: 'zh' | 'en';
  printer: string;
  paper: boolean;
  copies: number;
  state: 'queued' | 'printing' | 'done' | 'failed';
  /** Code of what went wrong; empty while nothing has. */
  reason: string;
  /** The code's words, where it is one of the bridge's own. */
  message: BothLanguages | null;
  detail: string;
  /** The fields of the form that are at fault, when any are. */
  fields: FieldProblem[];
  attempts: number;
  created: string;
  finished: string | null;
  /** Path of the PDF at the bridge, when the printer takes one. */
  pdf: string | null;
  at: string;
  type: 'job';
}

/** A password was typed on the pad (密码键盘). */
export interface Pin {
  at: string;
  type: 'pin';
  pad: string;
  digits: string;
}

/** Something was typed that is no password. */
export interface PinError {
  at: string;
  type: 'pin_error';
  pad: string;
  code: string;
  message: BothLanguages | null;
}

/**
 * A print job (打印任务) as the application sees it; nothing of the child.
 *
 * `done` means: given to the printer, or, where `paper` is false, written to a file.
 */
export interface PrintJob {
  id: string;
  template: string;
  lang: 'zh' | 'en';
  printer: string;
  paper: boolean;
  copies: number;
  state: 'queued' | 'printing' | 'done' | 'failed';
  /** Code of what went wrong; empty while nothing has. */
  reason: string;
  /** The code's words, where it is one of the bridge's own. */
  message: BothLanguages | null;
  detail: string;
  /** The fields of the form that are at fault, when any are. */
  fields: FieldProblem[];
  attempts: number;
  created: string;
  finished: string | null;
  /** Path of the PDF at the bridge, when the printer takes one. */
  pdf: string | null;
}

/** A printer, with the forms that it prints. */
export interface PrinterShown {
  id: string;
  driver: string;
  kind: 'card' | 'pin' | 'printer';
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
  templates: string[];
  /** False for a folder of PDF files. */
  paper: boolean;
  /** It prints certificates into the bound booklet only (`variant` `passbook`). */
  booklet: boolean;
}

/** One form to print. `printer` is a printer's id; without it see `choose`. */
export interface PrintRequest {
  template: string;
  data: Record<string, unknown>;
  lang?: 'zh' | 'en';
  printer?: string;
  copies?: number;
}

export type BridgeEvent =
  | Hello
  | Heartbeat
  | Card
  | CardError
  | Pin
  | PinError
  | DeviceChanged
  | JobChanged;

/** What is said of a card that was not read. */
export const CARD_WORDS = {
  'card.no_data': { zh: '卡上没有读到数据，请换个方向再刷一次，或人工查找', en: 'Nothing was read. Turn the card and swipe again, or search' },
  'card.too_short': { zh: '卡号不足 6 位，请确认是接种证的卡', en: "A card's number has 6 digits or more; is it a certificate's card?" },
  'card.no_start': { zh: '卡没有读完整，请匀速再刷一次', en: 'The card was read in part; swipe it again at an even speed' },
  'card.no_end': { zh: '卡没有读完整，请匀速再刷一次', en: 'The card was read in part; swipe it again at an even speed' },
  'card.bad_character': { zh: '卡上的数据不是本系统的，请确认是接种证的卡', en: "This is not a certificate's card" },
  'card.too_long': { zh: '卡上的数据太长，请确认是接种证的卡', en: "The card holds too much; is it a certificate's card?" },
  'card.bad_lrc': { zh: '读卡校验不对，请擦净磁条后再刷一次', en: 'The card was misread; wipe the stripe and swipe it again' },
  'card.bad_frame': { zh: '读卡器传来的数据不完整，请再刷一次', en: 'The reader sent broken data; swipe again' },
} as const;

export type CardCode = keyof typeof CARD_WORDS;
