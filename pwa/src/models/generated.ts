// Generated from the models by `miaopu generate`. Do not edit.

export type CalendarDate = string;
export type Instant = string;
export type Ulid = string;
export type SiteCode = string;
export type RegionCode = string;
export type VaccineCode = string;
export type DictionaryCode = string;
export type Text = string;
export type LongText = string;
export type UserName = string;
export type Name = string;
export type IdNumber = string;
export type ChildCode = string;
export type CardNumber = string;
export type ChildId = string;
export type Phone = string;
export type Sex = 'M' | 'F' | 'U';
export type BirthWeight = number;
export type GestationWeeks = number;
export type Span = string;
export type YearDay = string;
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
  date: CalendarDate;
  dose?: Ulid;
  symptoms: DictionaryCode[];
  outcome?: DictionaryCode;
  note?: LongText;
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

export type ChildEvent =
  | Aefi
  | Card
  | Consent
  | Contraindication
  | Dose
  | Move
  | NotSameAs
  | Observation
  | Precheck
  | Refusal
  | SameAs
  | Visit
  | Void;

/** The guardian's decision on a vaccine (知情同意). */
export interface Consent extends Provenance {
  kind: 'consent';
  date: CalendarDate;
  vaccine: VaccineCode;
  agreed: boolean;
  informed: Informed;
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

/** One dose (剂次), given here or copied from a certificate. */
export interface Dose extends Provenance {
  kind: 'dose';
  date: CalendarDate;
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
  body_site?: DictionaryCode;
  route?: DictionaryCode;
  self_paid?: boolean;
  /** 接种组织形式 other than routine (强化, 应急 …). */
  campaign?: DictionaryCode;
  informed?: Informed;
  override?: Override;
  /** Where a dose of another institution was given. */
  place?: Text;
  as_of?: AsOf;
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
  /** 居住属性: 1 本地, 2 流动, 3 临时. */
  residence?: Fact<DictionaryCode>;
  /** 在册情况: 1 本地 … 10 外地转来. */
  register_status?: Fact<DictionaryCode>;
  /** 母亲 HBsAg: 1 阳性, 2 阴性, 3 未查. */
  mother_hbsag?: Fact<DictionaryCode>;
  mother_hiv?: Fact<DictionaryCode>;
  birth_hospital?: Fact<Text>;
  school?: Fact<Text>;
  remark?: Fact<LongText>;
}

/** The guardian was told and agreed (告知): who, how, when. */
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

/** Pre-check before vaccination (预检): temperature and result. */
export interface Precheck extends Provenance {
  kind: 'precheck';
  date: CalendarDate;
  temperature?: number;
  passed: boolean;
  note?: LongText;
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
 * This case and `target` are one child (合并个案): read together, as if they were one document.
 *
 * Voiding it parts them again.
 */
export interface SameAs extends Provenance {
  kind: 'same_as';
  target: ChildId;
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

/** A rule for the days on which the clinic vaccinates (门诊日). */
export interface ClinicDay {
  /** ISO weekdays, 1 = Monday. */
  weekdays?: number[];
  month_days?: number[];
  vaccine?: DictionaryCode;
  committee?: Text;
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
  /** Holidays and other days without sessions. */
  closed_days?: CalendarDate[];
  /** How long a nurse may log in without the server. */
  offline_days?: number;
  updated_at: Instant;
  updated_by: Text;
  station?: Ulid;
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
  | Settings;

export type RegionDocument =
  | Child
  | StockMove
  | Device
  | NumberBlock
  | Problem
  | Settings;

export type CatalogDocument =
  | Site
  | Region
  | ScheduleDocument
  | LayerDocument
  | Dictionary;

export type AuditDocument =
  | Audit;
