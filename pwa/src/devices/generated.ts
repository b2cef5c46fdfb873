// Generated from the models by `miaopu generate`. Do not edit.

/** A message in both languages; the application shows the one that it is in. */
export interface BothLanguages {
  zh: string;
  en: string;
}

/**
 * How one printer is made to meet the booklet's lines (校准): millimetres are stretched, then
 * moved to the right and down.
 */
export interface Calibration {
  x_mm: number;
  y_mm: number;
  x_scale: number;
  y_scale: number;
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

/** How far a card is that is being written (写卡); of its number nothing. */
export interface CardWriting {
  at: string;
  type: 'card_writing';
  writer: string;
  /** `write`: swipe it to be written; `verify`: swipe it again to be read back. */
  step: 'write' | 'verify' | 'done' | 'failed';
  code: string;
  message: BothLanguages | null;
}

/** A device of this PC and how it is. `reason` is for who repairs it. */
export interface Device {
  id: string;
  driver: string;
  kind: 'card' | 'pin' | 'id' | 'scanner' | 'evaluator' | 'printer';
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
  /** What is wrong (`device.*`, `printer.*`); empty while nothing is. */
  code: string;
  /** The code's words, for who stands at the desk. */
  message: BothLanguages | null;
  takes: ('card' | 'pin' | 'rating')[];
}

/** A device came or went. */
export interface DeviceChanged {
  at: string;
  type: 'device';
  id: string;
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
  code: string;
  message: BothLanguages | null;
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

/** A resident's ID card (二代居民身份证) lay on its reader. Its picture is never read out. */
export interface IdCard {
  at: string;
  type: 'id_card';
  reader: string;
  name: string;
  sex: 'M' | 'F' | 'U';
  /** Two digits of GB/T 3304 (民族). */
  nation: string;
  birth_date: string;
  address: string;
  number: string;
  /** 签发机关. */
  issuer: string;
  valid_from: string;
  /** None: for life (长期). */
  valid_until: string | null;
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
  kind: 'card' | 'pin' | 'id' | 'scanner' | 'evaluator' | 'printer';
  state: 'starting' | 'ready' | 'unplugged' | 'error' | 'closed';
  reason: string;
  /** What is wrong (`device.*`, `printer.*`); empty while nothing is. */
  code: string;
  /** The code's words, for who stands at the desk. */
  message: BothLanguages | null;
  takes: ('card' | 'pin' | 'rating')[];
  templates: string[];
  /** False for a folder of PDF files. */
  paper: boolean;
  /** It prints certificates into the bound booklet only (`variant` `passbook`). */
  booklet: boolean;
  /** Null for a printer that places nothing by millimetres. */
  calibration: Calibration | null;
}

/** A guardian pressed a key of the evaluator (评价器): 1 poor to 5 very good. */
export interface Rated {
  at: string;
  type: 'rating';
  evaluator: string;
  score: number;
}

/** A barcode was scanned (扫码): a trace code, a certificate's label. */
export interface Scan {
  at: string;
  type: 'scan';
  scanner: string;
  code: string;
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
  | CardWriting
  | Pin
  | PinError
  | IdCard
  | Scan
  | Rated
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
  'card.write_failed': { zh: '卡没有写成，请匀速再刷一次；再失败请换一张卡。没有登记发卡', en: 'The card was not written. Try again at an even speed, then with another card; nothing was recorded as issued' },
  'card.write_timeout': { zh: '等了 30 秒没有刷卡，已停止写卡。没有登记发卡', en: 'No card was swiped within 30 seconds; nothing was written or recorded as issued' },
  'card.write_stopped': { zh: '已停止写卡，没有登记发卡', en: 'Writing was stopped; nothing was issued' },
  'card.write_unplugged': { zh: '写卡中途写卡器断开了，这张卡不能发。没有登记发卡', en: 'The writer was unplugged while it wrote: do not hand this card out; nothing was issued' },
  'card.not_read_back': { zh: '卡写了但读不回来，这张卡不能发。请重写，或换一张卡', en: 'The card was written but cannot be read: do not hand it out. Write again or take another' },
  'card.mismatch': { zh: '读回的卡号与写入的不同，这张卡不能发。请重写，或换一张卡', en: 'What was read back is another number: do not hand the card out. Write it again' },
  'card.cannot_write': { zh: '卡号应为 6 至 37 位数字，没有写卡', en: "A card's number has 6 to 37 digits; nothing was written" },
} as const;

export type CardCode = keyof typeof CARD_WORDS;
