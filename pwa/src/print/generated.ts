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
 * `variant` "page" draws the form itself on A4. "passbook" places text only, for a booklet whose
 * lines are printed already; there each row goes to its own `line`, so that a later visit prints
 * below the earlier ones. `offset_x_mm` and `offset_y_mm` shift everything, to fit one printer.
 */
export interface CertificatePage {
  clinic: Clinic;
  child: CertificateChild;
  rows?: CertificateRow[];
  variant?: 'page' | 'passbook';
  with_child?: boolean;
  offset_x_mm?: number;
  offset_y_mm?: number;
  issued_on?: string;
}

/** One line of the certificate's record (接种记录). `line` is its place on the page from 1. */
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

/** What each form is given, by the name of its template. */
export interface Templates {
  'notice': Notice;
  'certificate-page': CertificatePage;
  'consent': Consent;
  'appointment': Appointment;
  'card-label': CardLabel;
}
