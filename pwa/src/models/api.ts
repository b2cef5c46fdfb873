// Generated from the models by `miaopu generate`. Do not edit.

/** An import that was written. */
export interface BatchShown {
  id: string;
  file: string;
  at: string;
  by: string;
  state: 'running' | 'done' | 'stopped';
  rows: number;
  new: number;
  matched: number;
  doubt: number;
  error: number;
  cases: number;
  events: number;
  facts: number;
  undone?: UndoneShown | null;
}

/** The imports of a clinic, the latest first. */
export interface Batches {
  batches: BatchShown[];
}

/** What is told of a case. */
export interface CaseRow {
  id: string;
  name: string | null;
  sex: 'M' | 'F' | 'U' | null;
  birth_date: string | null;
  site: string | null;
}

/** What was found, and how far one looked. */
export interface CasesFound {
  rows: CaseRow[];
  searched: string[];
  above: 'none' | 'not_asked' | 'asked' | 'unreachable';
}

/** Those that may not log in there any more without the server. */
export interface Closed {
  closed: string[];
}

/** What joined cases add to the rows of `coverage/children` and of `coverage/doses`. */
export interface Corrections {
  children: CountRow[];
  doses: CountRow[];
}

/** A row as the view of the same name has it. */
export interface CountRow {
  key: (string | number | null)[];
  value: number;
}

/** Rows by what becomes of them, and what is added. */
export interface Counts {
  rows: number;
  new: number;
  matched: number;
  doubt: number;
  error: number;
  children: number;
  events: number;
}

/** A case that is in the clinic's database now. */
export interface Fetched {
  id: string;
  rev: string | null;
  recorded: string[];
}

/** Where the next page begins. */
export interface Following {
  at: string;
  id: string;
}

/** One file, or one batch that is taken back, on its way. */
export interface JobShown {
  id: string;
  state: 'reading' | 'planning' | 'ready' | 'writing' | 'done' | 'failed';
  file: string;
  done: number;
  total: number;
  code: string | null;
  before: string | null;
  mapping: MappingShown | null;
  counts: Counts | null;
  problems: Record<string, number>;
  batch: string | null;
}

/** Two cases that are read as one child (合并个案). */
export interface JoinedPair {
  cases: [CaseRow, CaseRow];
}

/** An account that was made or changed; `password` only when it was drawn. */
export interface Made {
  account: ManagedAccount;
  password?: string | null;
}

/** An account as administrators see it. */
export interface ManagedAccount {
  name: string;
  display_name: string;
  grade: 'ordinary' | 'senior' | 'admin';
  site: string | null;
  region: string | null;
  disabled: boolean;
}

/** The accounts that one manages. */
export interface ManagedAccounts {
  accounts: ManagedAccount[];
}

/** How the file is read. */
export interface MappingShown {
  encoding: string | null;
  sheet: string | null;
  sheets: string[];
  header_row: number;
  epoch: 1900 | 1904 | null;
  headers: string[];
  columns: Record<string, string>;
  presumed: string[];
  kind: 'child' | 'dose';
  words: Record<string, string | null>;
  presumed_words: string[];
  ignored: Record<string, number>;
  examples: string[][];
}

/** One's own account. */
export interface OwnAccount {
  name: string;
  display_name: string;
  grade: 'ordinary' | 'senior' | 'admin';
  site: string | null;
  region: string | null;
  disabled: boolean;
  ticket: string;
}

/** Two cases that may be one child. */
export interface Pair {
  reason: 'id_number' | 'card' | 'person' | 'family';
  cases: [CaseRow, CaseRow];
}

/** Suspected duplicates, and cases that were joined: a person may part them again. */
export interface Pairs {
  pairs: Pair[];
  joined: JoinedPair[];
}

/** A child as a row tells of it, or as the clinic has it. */
export interface PersonShown {
  id: string | null;
  row: number | null;
  name: string | null;
  sex: string | null;
  birth_date: string | null;
  id_number: string | null;
  child_code: string | null;
  mother_name: string | null;
  father_name: string | null;
  phone: string | null;
  doses: string[];
}

/** What is said of a row; the page has the words. */
export interface ProblemShown {
  code: string;
  column: string | null;
  denial: string | null;
}

/** Some rows of a preview. */
export interface RowPage {
  rows: RowShown[];
  total: number;
}

/** A row, what becomes of it, and whose it may be. */
export interface RowShown {
  row: number;
  first: number;
  outcome: 'new' | 'matched' | 'doubt' | 'error';
  problems: ProblemShown[];
  adds: number;
  person: PersonShown;
  candidates: PersonShown[];
}

/** A child that may be meant. */
export interface TrailChild {
  id: string;
  name: string | null;
  sex: 'M' | 'F' | 'U' | null;
  birth_date: string | null;
  site: string | null;
}

/** Entries as `audit-<code>` holds them, the latest first. */
export interface TrailPage {
  entries: Record<string, unknown>[];
  next: Following | null;
  children: TrailChild[];
}

/** What taking a batch back came to. */
export interface UndoneShown {
  at: string;
  by: string;
  events: number;
  facts: number;
  cases: number;
  kept_facts: number;
  kept_cases: number;
}

/** What to change of an account; what is absent stays. */
export interface AccountChange {
  display_name?: string;
  grade?: 'ordinary' | 'senior' | 'admin';
  disabled?: boolean;
  password?: string;
  draw_password?: boolean;
}

/** Where a page begins, as the page before said. */
export interface After {
  at: string;
  id: string;
}

/** An account that a device knows, with the ticket of its login there. */
export interface Asked {
  name: string;
  ticket: string;
}

/** What is to be written. */
export interface AskedCommit {
  id: string;
  decisions?: Decision[];
}

/** How a file is to be read. */
export interface AskedPreview {
  id: string;
  mapping: Mapping;
}

/** Which rows of a preview. */
export interface AskedRows {
  id: string;
  outcome?: 'new' | 'matched' | 'doubt' | 'error';
  problem?: string;
  start?: number;
}

/** What is looked for; what is absent is not asked for. */
export interface AskedTrail {
  region: string;
  since: string;
  until: string;
  user?: string;
  action?: 'write' | 'read' | 'refused' | 'account' | 'login' | 'login_failed' | 'logout';
  child?: string;
  after?: After;
}

/** The batch that is to be taken back. */
export interface AskedUndo {
  batch: string;
}

/** Whose a doubtful row is: a case, or a new child. */
export interface Decision {
  row: number;
  child: string | 'new';
}

/** How a table is read (对照); what is absent is proposed. */
export interface Mapping {
  encoding?: 'utf-8' | 'utf-8-sig' | 'gbk' | 'gb18030' | 'utf-16';
  sheet?: string;
  header_row?: number;
  epoch?: 1900 | 1904;
  columns?: Record<string, string>;
  vaccines?: Record<string, string>;
}

/** A new account; without a place it is of the administrator's own. */
export interface NewAccount {
  name: string;
  display_name: string;
  grade: 'ordinary' | 'senior' | 'admin';
  site?: string;
  region?: string;
  password?: string;
}

/** One's own password, and the new one. */
export interface NewPassword {
  old: string;
  new: string;
}

/** The accounts of a device. */
export interface Standings {
  accounts: Asked[];
}
