// Generated from the models by `miaopu generate`. Do not edit.

export type CalendarDate = string;
export type Instant = string;
export type Ulid = string;
export type ChildId = string;
export type SiteCode = string;
export type RegionCode = string;
export type VaccineCode = string;
export type DictionaryCode = string;
export type Text = string;
export type LongText = string;
export type UserName = string;
export type TimeOfDay = string;
export type Strokes = string;
export type CardNumber = string;
export type Name = string;
export type IdNumber = string;
export type ChildCode = string;
export type Phone = string;
export type DocumentNumber = string;
export type Person = 'child' | 'adult';
export type Sex = 'M' | 'F' | 'U';
export type BirthWeight = number;
export type GestationWeeks = number;
export type Digest = string;
export type ColumnField = string;
export type Tally = number;
export type Span = string;
export type YearDay = string;
export type Body = string;
export type WebAddress = string;
export type Action = 'write' | 'read' | 'refused' | 'account' | 'login' | 'login_failed' | 'logout';

/** Who recorded something, where, and by which clock (责任认定). */
export interface Provenance {
  /** When, by the device's clock. */
  at: Instant;
  /** The account that recorded it. */
  by: UserName;
  /** The device. */
  station: Ulid;
  /** The clinic whose database the device works in. */
  site: SiteCode;
  /** Server time minus device time when last heard, in ms; null when never heard. */
  offset_ms: number | null;
  /** The program's version. */
  app: Text;
  /** The import that it came with (批量导入); absent: recorded by hand. */
  batch?: Ulid;
}

/** One field of the card with its author; of two edits the later wins. */
export interface Fact<T> {
  value: T | null;
  at: Instant;
  by: UserName;
}

/** A suspected adverse event following immunization (疑似预防接种异常反应). */
export interface Aefi extends Provenance {
  kind: 'aefi';
  /** 反应发生日期. */
  date: CalendarDate;
  dose?: Ulid;
  symptoms: DictionaryCode[];
  outcome?: DictionaryCode;
  card?: AefiCard;
  note?: LongText;
}

/** The national report card (个案报告卡), what is not known elsewhere of its 22 items. */
export interface AefiCard {
  /** 发现/就诊日期. */
  found: CalendarDate;
  /** 可疑疫苗: the doses suspected, the most likely first. */
  doses: Ulid[];
  hospital?: Text;
  /** 主要临床经过. */
  course: LongText;
  /** 1 37.1–37.5, 2 37.6–38.5, 3 ≥ 38.6, 4 无. */
  fever: '1' | '2' | '3' | '4';
  /** 1 ≤ 2.5 cm, 2 2.6–5.0, 3 > 5.0, 4 无. */
  redness: '1' | '2' | '3' | '4';
  induration: '1' | '2' | '3' | '4';
  /** 初步临床诊断. */
  diagnosis?: Text;
  hospitalised: boolean;
  /** 1 一般反应, 2 待定. */
  initial_class: '1' | '2';
  /** 1 被动监测, 2 主动监测. */
  channel: '1' | '2';
  /** Death, serious disability, a cluster or great concern: reported within 2 hours, else 48. */
  urgent?: boolean;
  /** The reporter's. */
  phone?: Text;
}

/**
 * What became of a reported reaction (报告、调查、结论).
 *
 * Source: 全国疑似预防接种异常反应监测方案: investigation within 48 h, first case form 3 d, first
 * report 7 d, conclusion 30 d.
 */
export interface AefiStep extends Provenance {
  kind: 'aefi_step';
  date: CalendarDate;
  target: Ulid;
  step: 'reported' | 'investigation' | 'case_form' | 'first_report' | 'conclusion';
  /** County 6, year 4, serial 4. */
  case_number?: string;
  /** 1 一般 2 异常 3 质量事故 4 实施差错 5 偶合 6 心因 7 不明 8 待定. */
  final_class?: '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8';
  diagnosis?: Text;
  /** Who says it (结论单位). */
  unit?: Text;
  note?: LongText;
}

/**
 * A visit that was agreed on (预约): booked, moved or cancelled.
 *
 * Whether it was kept or missed follows from the doses.
 */
export interface Appointment extends Provenance {
  kind: 'appointment';
  state: 'booked' | 'cancelled';
  /** The day that it is about. */
  on: CalendarDate;
  part: 'am' | 'pm' | 'day';
  vaccines?: VaccineCode[];
  /** The appointment that it moves or cancels. */
  replaces?: Ulid;
  reason?: Text;
}

/** What the schedule said of a dose on its day: that is not asked again of a later edition. */
export interface AsOf {
  /** The schedule in force, `cn-nip-2026`. */
  schedule: DictionaryCode;
  /** Its edition as printed. */
  edition: string;
  /** 提前, 及时 (from the recommended day on), 超期, or not planned at all. */
  status: 'early' | 'due' | 'overdue' | 'unplanned';
}

/** A certificate's magnetic card issued to the child, or taken out of use (发证, 挂失). */
export interface Card extends Provenance {
  kind: 'card';
  number: CardNumber;
  state: 'issued' | 'lost' | 'returned';
  /** Why it was replaced or taken back (补卡原因). */
  note?: LongText;
}

/** The certificate, a booklet (接种证): issued, lost or given back. 补证: lost, then issued. */
export interface Certificate extends Provenance {
  kind: 'certificate';
  date: CalendarDate;
  number: string;
  state: 'issued' | 'lost' | 'returned';
  /** The booklet's edition, as in the dictionary `booklet`. */
  edition?: DictionaryCode;
  note?: LongText;
}

/** One line of a bill (收费项目). */
export interface Charge {
  /** A vaccine's code, or a code of the price list (`service`, `information` …). */
  item: DictionaryCode;
  count: number;
  /** Of one, in fen (分). */
  price_fen: number;
}

export type ChildEvent =
  | Aefi
  | AefiStep
  | Appointment
  | Card
  | Certificate
  | Consent
  | Contact
  | Contraindication
  | Course
  | Dose
  | Move
  | NotGiven
  | NotSameAs
  | Observation
  | Payment
  | Pin
  | Precheck
  | Printed
  | Refusal
  | Registration
  | SameAs
  | SchoolCheck
  | Stay
  | Visit
  | Void;

/**
 * The guardian's decision on vaccines (知情同意).
 *
 * Agreed with `signature` and strokes: on glass; without strokes: on paper. With `pin`: the PIN
 * on record was typed. A PIN that was never set consents to nothing.
 */
export interface Consent extends Provenance {
  kind: 'consent';
  date: CalendarDate;
  vaccines: VaccineCode[];
  agreed: boolean;
  informed: Informed;
  form?: ConsentForm;
  strokes?: Strokes;
}

/** The text that was agreed to (知情同意书), so that it can be printed again word for word. */
export interface ConsentForm {
  code: DictionaryCode;
  version: string;
}

/** The guardian was called, written to or visited (催种). */
export interface Contact extends Provenance {
  kind: 'contact';
  date: CalendarDate;
  means: 'phone' | 'message' | 'visit' | 'notice' | 'village';
  /** Of the dictionary `contact-outcome`: reached, promised, refused, away … */
  outcome: DictionaryCode;
  vaccines?: VaccineCode[];
  promised?: CalendarDate;
  /** The village sheet that it came back with. */
  sheet?: Text;
  note?: LongText;
}

/** A contraindication found at the pre-check (禁忌). */
export interface Contraindication extends Provenance {
  kind: 'contraindication';
  code: DictionaryCode;
  vaccine?: VaccineCode;
  date: CalendarDate;
  until?: CalendarDate;
  note?: LongText;
}

/**
 * A course whose doses count from its first day (按天程序): rabies, tetanus …
 *
 * Its days stand in the dictionary `course`; the doses are doses like any other.
 */
export interface Course extends Provenance {
  kind: 'course';
  /** Day 0. */
  date: CalendarDate;
  course: DictionaryCode;
  vaccine: VaccineCode;
  exposure?: Exposure;
  note?: LongText;
}

/** One dose (剂次), given here or copied from a certificate. */
export interface Dose extends Provenance {
  kind: 'dose';
  date: CalendarDate;
  /** The hour, of a birth dose (首针及时). */
  time?: TimeOfDay;
  vaccine: VaccineCode;
  /** `given` at this clinic (and taken from its stock), or `history` (补录). */
  origin: 'given' | 'history';
  /** 剂次 as printed on the certificate; the engine counts for itself. */
  number?: number;
  lot?: Text;
  expiry?: CalendarDate;
  maker?: Text;
  /** 疫苗追溯码 (NMPAB/T 1002). */
  trace_code?: string;
  /** 规格, as printed on the pack. */
  spec?: Text;
  /** 剂量 given, `0.5 ml`. */
  amount?: Text;
  body_site?: DictionaryCode;
  route?: DictionaryCode;
  self_paid?: boolean;
  /** 接种组织形式 other than routine (强化, 应急 …). */
  campaign?: DictionaryCode;
  informed?: Informed;
  /** The consent that it was given on. */
  consent?: Ulid;
  override?: Override;
  /** Where a dose of another institution was given. */
  place?: Text;
  as_of?: AsOf;
}

/** What a rabies or tetanus course answers (暴露). */
export interface Exposure {
  /** 暴露级别 of the rabies rules of 2023. */
  grade: '1' | '2' | '3';
  at: Instant;
  animal?: DictionaryCode;
  body_part?: Text;
  manner?: Text;
  wound_treated?: boolean;
  immunoglobulin?: boolean;
  weight_kg?: number;
}

/** The card's fields (基本资料). A field that nobody has entered is absent. */
export interface Facts {
  /** The clinic that manages the child (管理单位). */
  site?: Fact<SiteCode>;
  child_code?: Fact<ChildCode>;
  name?: Fact<Name>;
  sex?: Fact<Sex>;
  birth_date?: Fact<CalendarDate>;
  birth_weight_g?: Fact<BirthWeight>;
  gestation_weeks?: Fact<GestationWeeks>;
  id_number?: Fact<IdNumber>;
  birth_certificate?: Fact<Text>;
  /** 出生时刻: birth doses are counted in hours. */
  birth_time?: Fact<TimeOfDay>;
  /** An adult (成人) at the same desk: no guardian, no rates of children. Absent: a child. */
  person?: Fact<Person>;
  /** 证件类型 other than 居民身份证. */
  document_type?: Fact<DictionaryCode>;
  document_number?: Fact<DocumentNumber>;
  ethnic_group?: Fact<DictionaryCode>;
  mother_name?: Fact<Name>;
  mother_id_number?: Fact<IdNumber>;
  father_name?: Fact<Name>;
  phone?: Fact<Phone>;
  phone_2?: Fact<Phone>;
  address?: Fact<Text>;
  household_address?: Fact<Text>;
  /** 居委/村. */
  committee?: Fact<Text>;
  /** 户籍属性: 1 本地, 2 外地. */
  household?: Fact<DictionaryCode>;
  /** 居住属性: 1 本地, 2 流动, 3 临时. */
  residence?: Fact<DictionaryCode>;
  /** 在册情况: 1 本地 … 10 外地转来. */
  register_status?: Fact<DictionaryCode>;
  /** 母亲 HBsAg: 1 阳性, 2 阴性, 3 未查. */
  mother_hbsag?: Fact<DictionaryCode>;
  mother_hiv?: Fact<DictionaryCode>;
  birth_hospital?: Fact<Text>;
  school?: Fact<Text>;
  occupation?: Fact<Text>;
  remark?: Fact<LongText>;
}

/** What the pre-check found against one vaccine (缓种、禁忌). */
export interface Finding {
  vaccine: VaccineCode;
  outcome: 'deferred' | 'contraindicated';
  /** Of what is deferred: the day on which it is looked at again. */
  until?: CalendarDate;
  /** Of the dictionary `contraindication`. */
  reason?: DictionaryCode;
}

/** The guardian, or the adult, was told and agreed (告知): who, how, when. */
export interface Informed {
  relation: DictionaryCode;
  method: 'signature' | 'pin' | 'spoken';
  at: Instant;
}

/**
 * One step of a move between sites (转入, 转出); `miaopu.case.moving` says how they follow.
 *
 * The new clinic asks (`requested`), the managing one lets go (`released`), the new one takes over
 * (`received`), and with that becomes the managing site. Each step is recorded by its own clinic.
 */
export interface Move extends Provenance {
  kind: 'move';
  date: CalendarDate;
  step: 'requested' | 'released' | 'received';
  from_site?: SiteCode;
  /** Absent from a release: whoever asks may receive the child. */
  to_site?: SiteCode;
  /** Of a receipt: the requests and releases that it settles. */
  answers?: Ulid[];
  reason?: Text;
}

/**
 * Why a planned dose was not given (未种原因), copied from a certificate or an older system.
 *
 * Never a dose: older platforms wrote such a reason as a date of vaccination.
 */
export interface NotGiven extends Provenance {
  kind: 'not_given';
  date: CalendarDate;
  vaccine: VaccineCode;
  number?: number;
  reason: DictionaryCode;
  note?: LongText;
}

/** A person found that this case and `target` are two children (非重复). */
export interface NotSameAs extends Provenance {
  kind: 'not_same_as';
  target: ChildId;
}

/** A coded finding that the schedule looks at (preterm, immunoglobulin, infection …). */
export interface Observation extends Provenance {
  kind: 'observation';
  code: DictionaryCode;
  date: CalendarDate;
  until?: CalendarDate;
  note?: LongText;
}

/**
 * A dose given against a warning: the warnings shown and the reason given.
 *
 * A rule of `miaopu.models.denials.WARNINGS` is overruled when its code is among these.
 */
export interface Override {
  warnings: DictionaryCode[];
  reason: LongText;
}

/** Money taken for a visit, or given back (收费, 退费), with the number of its receipt. */
export interface Payment extends Provenance {
  kind: 'payment';
  date: CalendarDate;
  /** The device's mark and a serial of its own: two desks never give one number. */
  number: string;
  charges: Charge[];
  /** The sum of the charges; of a refund its negative. */
  total_fen: number;
  method: 'cash' | 'card' | 'mobile' | 'other';
  /** Cash that was handed over; the change follows. */
  received_fen?: number;
  /** The payment that it takes back. */
  refunds?: Ulid;
  reason?: LongText;
}

/**
 * The guardian's PIN (监护人密码): set, typed wrongly, unlocked or taken away.
 *
 * Five wrong ones since it was set, unlocked or typed rightly lock it (`pwa/src/case/pin.ts`).
 */
export interface Pin extends Provenance {
  kind: 'pin';
  date: CalendarDate;
  /** `unlocked` and `reset` are a senior's, with a reason. */
  step: 'set' | 'wrong' | 'unlocked' | 'reset';
  /** Of `set` alone. */
  verifier?: PinVerifier;
  reason?: LongText;
}

/** What proves a PIN without saying it: PBKDF2-SHA256 of the digits, salted. */
export interface PinVerifier {
  iterations: number;
  /** 128 bits, base64url. */
  salt: string;
  /** 256 bits, base64url. */
  hash: string;
}

/**
 * The pre-check before vaccination (预检): temperature, questions, what was found, by vaccine.
 *
 * Source: 疫苗管理法 art. 45: asking and the advice given are recorded.
 */
export interface Precheck extends Provenance {
  kind: 'precheck';
  date: CalendarDate;
  temperature?: number;
  /** Why no temperature was taken. */
  unmeasured?: Text;
  /** Question of the dictionary `precheck-question` → yes or no, as the guardian said. */
  answers?: Record<string, boolean>;
  /** Vaccines that wait; all others pass. */
  findings?: Finding[];
  /** Something may be given today. */
  passed: boolean;
  /** Medical advice that was given (医学建议). */
  advice?: LongText;
  note?: LongText;
}

/** Lines that the printer put into the booklet (打印接种证); 续打 goes on after them. */
export interface Printed extends Provenance {
  kind: 'printed';
  date: CalendarDate;
  edition: DictionaryCode;
  /** Its number; a new booklet starts empty. */
  certificate?: Text;
  lines: PrintedLine[];
}

/** Where a line stands in the booklet. */
export interface PrintedLine {
  dose: Ulid;
  page: number;
  row: number;
}

/** The guardian refused a vaccine today (拒种). */
export interface Refusal extends Provenance {
  kind: 'refusal';
  date: CalendarDate;
  vaccine: VaccineCode;
  reason: DictionaryCode;
  note?: LongText;
}

/**
 * What is to be given today (登记), as the guardian is told; the latest of a day stands.
 *
 * None at all: the child goes home, or waits.
 */
export interface Registration extends Provenance {
  kind: 'registration';
  date: CalendarDate;
  vaccines: VaccineCode[];
}

/**
 * This case and `target` are one child (合并个案): read together, as if they were one document.
 *
 * Voiding it parts them again.
 */
export interface SameAs extends Provenance {
  kind: 'same_as';
  target: ChildId;
}

/**
 * The certificate checked at entry to a nursery or school (入托入学查验).
 *
 * Source: 入托入学儿童预防接种证查验办法 (2021).
 */
export interface SchoolCheck extends Provenance {
  kind: 'school_check';
  date: CalendarDate;
  school: Text;
  /** 学年: the year in which it begins. */
  year: VaccineCode;
  grade?: DictionaryCode;
  class_name?: Text;
  /** 报到时有证. */
  certificate: boolean;
  /** 全程 0, 需补种 1, 无需补种 −1, 无证 2. */
  result: 'complete' | 'catch-up' | 'exempt' | 'no-certificate';
  /** Target doses to catch up on, `MMR-2`. */
  missing?: DictionaryCode[];
  /** The check that this one follows (复验). */
  rechecks?: Ulid;
}

/** The end of the observation after vaccination (留观结束). */
export interface Stay extends Provenance {
  kind: 'stay';
  date: CalendarDate;
  /** The last dose of the visit. */
  since: Instant;
  /** When the child left. */
  until: Instant;
  /** How long the clinic keeps children. */
  minutes: number;
  /** Something was seen: an AEFI card follows. */
  reaction: boolean;
  /** Why they left early (提前离开). */
  reason?: LongText;
}

/** A clinic that does not manage the child holds its case (临时接种, 异地接种). */
export interface Visit extends Provenance {
  kind: 'visit';
  date: CalendarDate;
  /** The case was opened without the true one at hand (临时建案), to be joined to it. */
  provisional?: boolean;
}

/** An earlier event was a mistake (作废): it stays, and no longer counts. */
export interface Void extends Provenance {
  kind: 'void';
  target: Ulid;
  reason: DictionaryCode;
  note?: LongText;
}

/**
 * What somebody counted of a lot, and what was known of it then (盘点).
 *
 * An assertion, not a difference: two devices that count one fridge while they do not hear each
 * other say the same, and what neither knew of comes on top.
 */
export interface Count {
  /** 人份 that lay there. */
  counted: number;
  /** ULIDs of the moves of the lot that the device knew of, earlier counts among them. */
  seen: Ulid[];
  /** Doses of the lot that the device knew to be given. */
  given: number;
}

/**
 * A rule for the days on which the clinic vaccinates (门诊日).
 *
 * Which days it names, and how several rules meet, says `pwa/src/appointments/clinic-days.ts`.
 */
export interface ClinicDay {
  /** ISO weekdays, 1 = Monday. */
  weekdays?: number[];
  /** 单双周, by the number of the ISO week. */
  weeks?: 'every' | 'odd' | 'even';
  /** Only the first, second … of such weekdays in a month. */
  nth?: number[];
  month_days?: number[];
  vaccine?: DictionaryCode;
  committee?: Text;
  /** Absent: the whole day. */
  sessions?: Session[];
}

/** A village or neighbourhood that the clinic serves (居委/村). */
export interface Committee {
  /** 统计用区划代码. */
  code?: string;
  name: Text;
}

/** What the clinic charges from a day on (价格). */
export interface Price {
  /** A vaccine's code, or `service`, `information` … */
  item: DictionaryCode;
  since: CalendarDate;
  price_fen: number;
}

/** A nursery or school whose entries the clinic checks (托幼机构、学校). */
export interface School {
  name: Text;
  kind: 'nursery' | 'primary' | 'middle';
  phone?: Text;
}

/** Part of a clinic day, and how many children it takes (号源). */
export interface Session {
  part: 'am' | 'pm' | 'day';
  /** Absent: as many as come. */
  capacity?: number;
}

/** A column, and what it was read as. */
export interface MappedColumn {
  header: Text;
  field: ColumnField;
}

/** A word for a vaccine, and the product that it was read as. */
export interface MappedWord {
  word: Text;
  vaccine: VaccineCode;
}

/** What taking a batch back came to (撤销). */
export interface Undone {
  at: Instant;
  by: UserName;
  /** Events that were voided. */
  events: Tally;
  /** Fields of the card that were emptied again. */
  facts: Tally;
  /** Cases that the batch had opened, and that are now marked as deleted. */
  cases: Tally;
  /** Fields that somebody has changed since: they stay. */
  kept_facts: Tally;
  /** Cases that the batch had opened, of which something has been recorded since: they stay. */
  kept_cases: Tally;
}

/** How somebody's service was rated: how often 1 (poor), 2, 3, 4, 5 (very good). */
export interface ScoresOf {
  by: UserName;
  scores: number[];
}

/** Since the last observation of this code. */
export interface AfterObservation {
  observation: DictionaryCode;
  beforeDose?: boolean;
}

/** Since the dose that satisfied that target. */
export interface AfterTarget {
  target: number;
}

/** Since the last dose of one of these vaccines. */
export interface AfterVaccines {
  vaccines: VaccineCode[];
}

/** Other ages of a dose. */
export interface AgeLayer {
  antigen: Text;
  dose: number;
  /** Only in this series; absent: in all that have the dose. */
  series?: Text;
  /** Only for children born within; absent: for all. */
  births?: Births;
  kind: 'age';
  ages: RuleAges;
}

/** Children born within; both days belong to it. */
export interface Births {
  from?: CalendarDate;
  to?: CalendarDate;
}

/** One dose beyond the routine for those born within (应急接种、强化免疫). */
export interface CampaignLayer {
  kind: 'campaign';
  /** The vaccine group under which it is shown. */
  name: Text;
  title?: RuleTitle;
  vaccines: VaccineCode[];
  births: Births;
  from: CalendarDate;
  to: CalendarDate;
  /** Since the last dose of one of the vaccines. */
  minInterval?: Span;
}

/** An interval before a dose, beside those of the edition. */
export interface IntervalLayer {
  antigen: Text;
  dose: number;
  /** Only in this series; absent: in all that have the dose. */
  series?: Text;
  /** Only for children born within; absent: for all. */
  births?: Births;
  kind: 'interval';
  interval: RuleInterval;
}

export type LocalRule =
  | AgeLayer
  | CampaignLayer
  | IntervalLayer
  | ParameterLayer
  | ProductLayer
  | SeasonLayer
  | VisitLayer
  | WithLayer
  | WithoutLayer;

/** Another value of a parameter that the schedules leave open (see docs/schedules.md). */
export interface ParameterLayer {
  kind: 'parameter';
  name: DictionaryCode;
  value: string | boolean;
}

/** Other vaccines for a dose (换用疫苗); what the edition names counts still. */
export interface ProductLayer {
  antigen: Text;
  dose: number;
  /** Only in this series; absent: in all that have the dose. */
  series?: Text;
  /** Only for children born within; absent: for all. */
  births?: Births;
  kind: 'product';
  vaccines: VaccineCode[];
}

/** Ages of a dose; those that are given replace the edition's. */
export interface RuleAges {
  absMin?: Span;
  min?: Span;
  recommended?: Span;
  by?: Span;
  max?: Span;
}

/** An interval (间隔) that a dose must keep. */
export interface RuleInterval {
  from: 'previous' | AfterTarget | AfterVaccines | AfterObservation;
  absMin?: Span;
  min?: Span;
  recommended?: Span;
  by?: Span;
}

/** A season (接种季节); both days belong to it. */
export interface RuleSeason {
  start: YearDay;
  end: YearDay;
}

/** A text in the languages of the program. */
export interface RuleTitle {
  zh?: Text;
  en?: Text;
}

/** A season for every dose of an antigen (季节性疫苗). */
export interface SeasonLayer {
  kind: 'season';
  antigen: Text;
  series?: Text;
  season: RuleSeason;
}

/** Limits on a visit (一次接种), and the days that must have passed since the last dose. */
export interface VisitLayer {
  kind: 'visit';
  maxInjections?: number;
  maxOral?: number;
  daysSinceLast?: number;
}

/** A schedule that is offered besides (非免疫规划疫苗), by its name in the catalog. */
export interface WithLayer {
  kind: 'with';
  schedule: DictionaryCode;
}

/** Vaccine groups that are not offered here. */
export interface WithoutLayer {
  kind: 'without';
  groups: Text[];
}

/** One entry of a dictionary; `more` holds what only this dictionary has. */
export interface Entry {
  zh: Text;
  en: Text;
  more?: Record<string, unknown>;
}

/** One document that a request wrote or showed. Names and kinds, never values. */
export interface AuditedDocument {
  id: Text;
  /** The revision written; absent for a read. */
  rev?: Text;
  /** Events added: kind → how many. */
  events?: Record<string, number>;
  /** The events that those of kind `void` voided. */
  voided?: Ulid[];
  /** Facts changed (基本资料), by name. */
  facts?: DictionaryCode[];
}

/** A child (儿童个案), `child:<ULID>`; two versions merge by `miaopu.case.merge`. */
export interface Child {
  _id: string;
  _rev?: string;
  type: 'child';
  facts: Facts;
  /** ULID → event. An event is never changed or removed. */
  events: Record<string, ChildEvent>;
}

/**
 * One move of one lot, or a count of it, `stock:<ULID>`.
 *
 * A lot is a vaccine, a maker and a number; the number's spelling (width, case, spaces round it)
 * does not matter. Its balance is the last count, and the moves and the doses of origin `given`
 * that nobody who counted knew of; `pwa/src/case/lots.ts` folds it.
 */
export interface StockMove extends Provenance {
  _id: string;
  _rev?: string;
  type: 'stock';
  /** 领取, 退回, 下发, 报废, 盘点. */
  kind: 'receive' | 'return' | 'issue' | 'waste' | 'count';
  date: CalendarDate;
  vaccine: VaccineCode;
  lot: Text;
  expiry: CalendarDate;
  maker: Text;
  /** 人份, signed: into the site's stock is > 0. A count has none. */
  doses?: number;
  /** Of a count alone. */
  count?: Count;
  /** 人份 of one vial or ampoule (支). */
  doses_per_unit?: number;
  /** 来源/去向. */
  counterpart?: Text;
  note?: LongText;
}

/** What a tablet or PC last said of itself (工作站), `device:<ULID>`; edited in place. */
export interface Device {
  _id: string;
  _rev?: string;
  type: 'device';
  site: SiteCode;
  name: Text;
  app: Text;
  /** Server time at the end of its last complete round of sync. */
  synced_at: Instant;
  /** Local writes that the server had not named at that time. */
  pending: number;
  refused: number;
  offset_ms: number;
}

/**
 * A block of 100 serials of child codes that one device may give out while offline (预留编号).
 *
 * `numbers:<site>:<year of birth>:<block>`; block `07` holds the serials 0700–0799. The id makes
 * a second claim of one block a conflict, so that no two devices hold it.
 */
export interface NumberBlock extends Provenance {
  _id: string;
  _rev?: string;
  type: 'numbers';
  year: number;
  block: number;
}

/** A write that the server refused (上传被拒), reported so that somebody mends it. */
export interface Problem extends Provenance {
  _id: string;
  _rev?: string;
  type: 'problem';
  /** The id of the document; never its content. */
  document: Text;
  revision: Text;
  reason: LongText;
  resolved_at?: Instant;
}

/**
 * Something to be thought of on a day, `reminder:<ULID>`; never edited.
 *
 * One that `closes` another says that it was done.
 */
export interface Reminder extends Provenance {
  _id: string;
  _rev?: string;
  type: 'reminder';
  title?: Text;
  /** From this day on it is shown. */
  due?: CalendarDate;
  /** Absent: everybody of the clinic. */
  only_for?: UserName;
  closes?: Ulid;
}

/** A clinic's settings (主控设置), `settings:<site>`; edited in place. */
export interface Settings {
  _id: string;
  _rev?: string;
  type: 'settings';
  site: SiteCode;
  /** The schedules in use, e.g. `cn-nip-2026`, `cn-non-programme`. */
  schedules: DictionaryCode[];
  /** Site parameters of the schedule (documented in docs/schedules.md). */
  parameters?: Record<string, number | Text | boolean>;
  clinic_days?: ClinicDay[];
  /** Days of the clinic's own without sessions, beside the national holidays. */
  closed_days?: CalendarDate[];
  /** Holidays and weekends on which it vaccinates all the same. */
  open_days?: CalendarDate[];
  observation_minutes?: number;
  /** What a consent form is signed for. */
  consent?: 'non-programme' | 'every-visit';
  /** The clinic takes money (收费). */
  paying?: boolean;
  prices?: Price[];
  committees?: Committee[];
  schools?: School[];
  /** The edition of the certificate that it prints into. */
  booklet?: DictionaryCode;
  /** How long a nurse may log in without the server. */
  offline_days?: number;
  updated_at: Instant;
  updated_by: Text;
  station?: Ulid;
}

/** An import (导入), `batch:<ULID>`: each event that came with it bears the ULID as `batch`. */
export interface Batch extends Provenance {
  _id: string;
  _rev?: string;
  type: 'batch';
  /** The file's name. */
  file: Text;
  /** Of the file: whether it was here before. */
  sha256: Digest;
  /** Of the headers: a mapping is proposed again for a file with the same. */
  header: Digest;
  encoding?: 'utf-8' | 'utf-8-sig' | 'gbk' | 'gb18030' | 'utf-16';
  sheet?: Text;
  header_row?: number;
  epoch?: '1900' | '1904';
  columns?: MappedColumn[];
  words?: MappedWord[];
  /** `stopped`: the server ended, or the database failed, before all was written. */
  state: 'running' | 'done' | 'stopped';
  rows: Tally;
  new: Tally;
  matched: Tally;
  doubt: Tally;
  error: Tally;
  /** Cases that were opened. */
  cases: Tally;
  events: Tally;
  /** Fields of known cases that were filled. */
  facts: Tally;
  updated_at: Instant;
  undone?: Undone;
}

/**
 * A day's ratings at one desk, `rating:<day>:<station>`, by who was logged in.
 *
 * One document for a day and a desk and not one for each press: a busy clinic would have more of
 * them than of children. It names no child; a rating is nobody's record.
 */
export interface Ratings extends Provenance {
  _id: string;
  _rev?: string;
  type: 'rating';
  day: CalendarDate;
  given: ScoresOf[];
}

/** A clinic (接种单位), `site:<10-digit site code>`. */
export interface Site {
  _id: string;
  _rev?: string;
  type: 'site';
  code: SiteCode;
  name: Text;
  region: RegionCode;
  address?: Text;
  phone?: Text;
}

/** A county, city or province (行政区划), `region:<GB/T 2260 code>`. */
export interface Region {
  _id: string;
  _rev?: string;
  type: 'region';
  code: RegionCode;
  name: Text;
  level: 'county' | 'city' | 'province';
  parent?: RegionCode;
}

/** An immunization schedule (免疫程序), `schedule:<name>`, in the engine's shape. */
export interface ScheduleDocument {
  _id: string;
  _rev?: string;
  type: 'schedule';
  name: DictionaryCode;
  edition: Text;
  effective: CalendarDate;
  /** What `pwa/src/schedule/types.ts` describes as `Schedule`. */
  schedule: Record<string, unknown>;
}

/** A local rule (地方规则) of a region, `layer:<name>`; edited in place. */
export interface LayerDocument {
  _id: string;
  _rev?: string;
  type: 'layer';
  name: DictionaryCode;
  title: Text;
  /** Whose rule it is: it holds there and in all regions below. */
  region: RegionCode;
  /** Only these clinics of the region; all of them when there are none. */
  sites?: SiteCode[];
  /** Only where this schedule is in use; absent: everywhere. */
  schedule?: DictionaryCode;
  /** First day on which it holds. */
  effective: CalendarDate;
  /** Last day on which it holds. */
  until?: CalendarDate;
  /** It was taken back, and no longer holds. */
  withdrawn?: boolean;
  layer: LocalRule;
  /** Where it comes from (依据), what is to be known. */
  note?: LongText;
  updated_at: Instant;
  updated_by: UserName;
}

/** A code table (字典), `dictionary:<name>`: code → labels. */
export interface Dictionary {
  _id: string;
  _rev?: string;
  type: 'dictionary';
  name: DictionaryCode;
  entries: Record<string, Entry>;
}

/**
 * A year's holidays, `holidays:<year>`; edited in place.
 *
 * It lies over the tables of the program: of a day that it names, it has the last word.
 * A year without either is planned by weekdays.
 */
export interface Holidays {
  _id: string;
  _rev?: string;
  type: 'holidays';
  year: number;
  /** Days without work (放假). */
  off?: CalendarDate[];
  /** Weekend days that are worked (上班). */
  on?: CalendarDate[];
  updated_at: Instant;
  updated_by: Text;
}

/** A text that clinics look up (知识、法规、通知、链接), `article:<name>`; edited in place. */
export interface Article {
  _id: string;
  _rev?: string;
  type: 'article';
  name: DictionaryCode;
  /** Whose it is: shown to all clinics of it. */
  region: RegionCode;
  kind: 'article' | 'law' | 'notice' | 'link';
  title: Text;
  body?: Body;
  address?: WebAddress;
  published: CalendarDate;
  /** No longer shown (撤下). */
  withdrawn?: boolean;
  updated_at: Instant;
  updated_by: UserName;
}

/** Whom to call (相关部门), `department:<name>`; edited in place. */
export interface Department {
  _id: string;
  _rev?: string;
  type: 'department';
  name: DictionaryCode;
  region: RegionCode;
  title: Text;
  /** What it is there for. */
  duty?: Text;
  phone?: Text;
  address?: Text;
  hours?: Text;
  withdrawn?: boolean;
  updated_at: Instant;
  updated_by: UserName;
}

/** One request, `audit:<ULID>`, as the server saw it. */
export interface Audit {
  _id: string;
  _rev?: string;
  type: 'audit';
  /** When, by the server's clock. */
  at: Instant;
  /** The account, as the database authenticated it. */
  by: UserName;
  /** The clinic that the account belongs to. */
  site?: SiteCode;
  /** The region that the account belongs to. */
  region?: RegionCode;
  /** The network address that the request came from. */
  address: Text;
  /**
   * `read`: of a case, from outside its own site; `refused`: a write, or such a reading, by the
   * database; `login_failed`: somebody gave a wrong password for the account `by`.
   */
  action: Action;
  database: Text;
  /** The kind of request, e.g. `_bulk_docs` or `lookup/by_card`; never what was asked for. */
  request: Text;
  documents?: AuditedDocument[];
  /** The account that was changed (账户管理). */
  account?: UserName;
  /** What was changed about the account. */
  changed?: DictionaryCode[];
  /** The grade (级别) that the account had, and the one that it has now. */
  grades?: ('ordinary' | 'senior' | 'admin')[];
  /** Whether the account was disabled (停用) by this, or enabled. */
  disabled?: boolean;
  /**
   * There was more than is listed: the request or its answer was too long to be read along, or
   * did not say whose the data are.
   */
  cut?: boolean;
}

export type SiteDocument =
  | Child
  | StockMove
  | Device
  | NumberBlock
  | Problem
  | Reminder
  | Settings
  | Batch
  | Ratings;

export type RegionDocument =
  | Child
  | StockMove
  | Device
  | NumberBlock
  | Problem
  | Reminder
  | Settings
  | Batch
  | Ratings;

export type CatalogDocument =
  | Site
  | Region
  | ScheduleDocument
  | LayerDocument
  | Dictionary
  | Holidays
  | Article
  | Department;

export type AuditDocument =
  | Audit;
