// Generated from the models by `miaopu generate`. Do not edit.

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
