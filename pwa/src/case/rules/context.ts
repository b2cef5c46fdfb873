/**
 * What a rule may look at beside the document. A validator of the database knows the dictionary alone;
 * the page and the server know more, and what is absent is not judged.
 */
import type { DenialCode } from '../../models/denials.ts';

/** A value out of a database: anything at all, for a validator is asked of anything. */
export type Json = Readonly<Record<string, unknown>>;

export interface LotState {
  /** 人份 left. */
  balance: number;
  /** Day of its first move. */
  since: string;
}

export interface Context {
  /** The vaccines of the dictionary, each with its route (接种途径); absent: there is none yet. */
  routes?: Readonly<Record<string, string>> | undefined;
  /**
   * The dictionary is that of the catalog, with what a region has added. A validator knows only what
   * the program brings, and goes by the class of a vaccine, its first two digits.
   */
  isWhole?: boolean;
  /** The day; absent: a record is judged by its own `at`. */
  today?: string;
  /**
   * A server joins or brings on what others recorded. What two of them say together is not its to
   * refuse: a dose and a birth date of two tablets, each right by what its own knew.
   */
  isMerge?: () => boolean;
  /** A lot as the clinic's ledger has it; null when it does not know it. */
  lotOf?: (id: { vaccine: string; maker?: string; lot?: string }) => LotState | null;
  /** Who records. */
  author?: { by: string; senior: boolean };
  /** Does another child hold this card, or this ID number? */
  isTaken?: { card(number: string): boolean; idNumber(number: string): boolean };
}

/** Something that speaks against a record. */
export interface Objection {
  code: DenialCode;
  /** As in a denial; absent: the event. */
  part?: string;
  /** What was done all the same is recorded with this code among its warnings and a reason. */
  excusable?: boolean;
}

/** What is judged of one event. */
export interface Judged {
  id: string;
  event: Json;
  /** The child with it. */
  child: { facts: Json; events: Json };
  context: Context;
}

export type EventRule = (judged: Judged) => Objection[];

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const its = Object.prototype.hasOwnProperty;

/** Is it the object's own: not `constructor`, which every object has? */
export const owns = (object: object, name: string) => its.call(object, name);

/** A text, or null. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The value of a fact, or null. */
export function factValue(facts: Json, name: string): unknown {
  const fact = facts[name];
  return isObject(fact) && fact.value !== undefined ? fact.value : null;
}
