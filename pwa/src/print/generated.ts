// Generated from the models by `miaopu generate`. Do not edit.

/** 留观: minutes that a child stays after a vaccination. */
export const OBSERVE_MINUTES = 30;

/** 预约单, 80 mm wide: when to come, for what, what to bring. */
export interface Appointment {
  clinic: Clinic;
  child: Child;
  date: string;
  time?: string;
  number?: string;
  items?: NextDose[];
  bring?: string;
  issued_on?: string;
}

/**
 * Where an edition of the certificate has its lines (接种证版式), from its page's corner.
 *
 * `columns` are those of `CertificateRow`; without one for the dose, its number stands beside the
 * vaccine. `child` are places of `CertificateChild`, on a page of its own.
 */
export interface BookletLayout {
  width_mm: number;
  height_mm: number;
  first_line_mm: number;
  line_pitch_mm: number;
  lines_per_page: number;
  columns: Record<string, Column>;
  child?: Record<string, Place>;
}

/** A label of 60 × 40 mm for the certificate's card, with the child's code as a barcode. */
export interface CardLabel {
  child: Child;
  clinic_name: string;
  guardian?: string;
  card_number?: string;
}

/** The child's data on the certificate's first page (预防接种证 基本信息). */
export interface CertificateChild {
  name: string;
  code: string;
  sex?: 'M' | 'F' | 'U';
  birth_date: string;
  id_number?: string;
  birth_weight_g?: number;
  birth_hospital?: string;
  ethnicity?: string;
  guardian?: string;
  guardian_relation?: string;
  phone?: string;
  address?: string;
  household?: string;
  allergies?: string;
  contraindications?: string;
  card_date?: string;
  card_number?: string;
}

/**
 * 预防接种证 page: the child's data and the doses given.
 *
 * `variant` "page" draws the form itself on A4. "passbook" places text only, by `layout`, for a
 * booklet whose lines are printed already; there each row goes to its own `line`, so that a later
 * visit prints below the earlier ones, and `with_child` prints the child's page before them.
 */
export interface CertificatePage {
  clinic: Clinic;
  child: CertificateChild;
  rows?: CertificateRow[];
  variant?: 'page' | 'passbook';
  with_child?: boolean;
  layout?: BookletLayout;
  issued_on?: string;
}

/**
 * One line of the certificate's record (接种记录). `line` is its place in the booklet from 1,
 * counted over its pages.
 */
export interface CertificateRow {
  vaccine: string;
  dose?: string;
  date: string;
  lot?: string;
  expiry?: string;
  maker?: string;
  site?: string;
  unit?: string;
  vaccinator?: string;
  line?: number;
}

/** A line of a receipt; money in yuan, as printed. */
export interface Charge {
  item: string;
  count?: number;
  price: string;
  amount: string;
}

/** A child (受种者) as it appears on a slip. */
export interface Child {
  name: string;
  code: string;
  sex?: 'M' | 'F' | 'U';
  birth_date: string;
}

/** A vaccination clinic (接种单位) as it appears on paper. */
export interface Clinic {
  name: string;
  phone?: string;
  address?: string;
  hours?: string;
}

/** Left edge and width of a column; `cut`: what is too long may be shortened. */
export interface Column {
  x_mm: number;
  width_mm: number;
  cut?: boolean;
}

/** 疫苗接种知情同意书: what is told (品种、作用、禁忌、不良反应、注意事项), and a signature. */
export interface Consent {
  clinic: Clinic;
  child: Child;
  vaccine: string;
  dose?: string;
  programme?: boolean;
  maker?: string;
  price_yuan?: number;
  disease?: string;
  effect: string;
  contraindications: string;
  reactions: string;
  precautions: string;
  questions?: HealthQuestion[];
  decision?: 'agree' | 'refuse';
  guardian?: string;
  guardian_relation?: string;
  version?: string;
  signature?: string;
  doctor?: string;
  date: string;
}

/** A dose given today (本次接种). */
export interface GivenDose {
  vaccine: string;
  dose?: string;
  lot?: string;
  expiry?: string;
  maker?: string;
  site?: string;
  route?: string;
  vaccinator?: string;
}

/** One question asked before vaccination (健康询问) and its answer; None is not yet asked. */
export interface HealthQuestion {
  question: string;
  answer?: boolean;
  detail?: string;
}

/** A value with what it is. */
export interface Labelled {
  label: string;
  value?: string;
}

/** A dose to come (下次应种): not before `earliest`, best before `by`. */
export interface NextDose {
  vaccine: string;
  dose?: string;
  earliest?: string;
  by?: string;
}

/** 接种告知及预约通知单: what was given, what to watch for, when to come again. */
export interface Notice {
  clinic: Clinic;
  child: Child;
  given_on: string;
  given_at?: string;
  given?: GivenDose[];
  observe_minutes?: number;
  observe_until?: string;
  appointment?: string;
  appointment_time?: string;
  next?: NextDose[];
  remark?: string;
}

/**
 * A paper of words, values and tables: a record, a proof, a list (记录单、证明、名单).
 *
 * Whoever fills it says every word of it, in the language that it is printed in.
 */
export interface Paper {
  clinic: Clinic;
  title: string;
  subtitle?: string;
  code?: string;
  facts?: Labelled[];
  tables?: Table[];
  paragraphs?: string[];
  signs?: string[];
  size?: 'A5' | 'A4' | 'A4 landscape';
}

/** A column that is on the child's page once, with its top. */
export interface Place {
  x_mm: number;
  width_mm: number;
  cut?: boolean;
  y_mm: number;
}

/** 收费收据, 80 mm wide: what was paid, or given back. */
export interface Receipt {
  clinic: Clinic;
  title: string;
  number: string;
  child: Child;
  at: string;
  charges: Charge[];
  totals?: Labelled[];
  cashier?: string;
  note?: string;
}

/** Columns and rows of texts; `widths` are their shares of the page. */
export interface Table {
  title?: string;
  columns: string[];
  rows?: string[][];
  widths?: number[];
}

/** What each form is given, by the name of its template. */
export interface Templates {
  'notice': Notice;
  'certificate-page': CertificatePage;
  'consent': Consent;
  'appointment': Appointment;
  'card-label': CardLabel;
  'receipt': Receipt;
  'paper': Paper;
}
