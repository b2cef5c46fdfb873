/** Today's set (登记): which vaccines are proposed, with what they cost, and what covers what. Pure. */

import type { DueItem, NotDueItem } from '../forecast/plan.ts';
import type { Candidate } from './precheck.ts';

/** One vaccine group that may be given today. */
export interface Row {
  group: string;
  target: number | null;
  choices: readonly string[];
  /** The product. */
  vaccine: string;
  chosen: boolean;
  /** Why it is not among those given by themselves; null: it is. */
  held: DueItem['held'] | 'found' | null;
  /** Not of the programme (非免疫规划). */
  optional: boolean;
  overdueDays: number;
}

export interface SetInput {
  due: readonly DueItem[];
  offered: readonly DueItem[];
  /** What the person chose on the page, by group. */
  wanted: readonly (DueItem | NotDueItem)[];
  /** What is registered already. */
  registered: readonly string[] | null;
  /** Vaccines that the pre-check took out. */
  found: ReadonlySet<string>;
  inStock: (vaccine: string) => boolean;
}

/** The rows of the set: what was wanted in front, then what else is due, then what is offered. */
export function rowsOf({ due, offered, wanted, registered, found, inStock }: SetInput): Row[] {
  const rows: Row[] = [];
  const add = (item: DueItem | NotDueItem, optional: boolean) => {
    if (rows.some(({ group }) => group === item.group) || item.vaccines.length === 0) return;
    const free = item.vaccines.filter((one) => !found.has(one));
    const known = registered?.find((one) => item.vaccines.includes(one));
    const vaccine = known ?? free.find(inStock) ?? free[0] ?? item.vaccines[0] ?? '';
    const isWanted = wanted.some(({ group }) => group === item.group);
    const isFound = free.length === 0;
    rows.push({
      ...{ group: item.group, target: item.target, choices: item.vaccines, vaccine, optional },
      chosen: !isFound && (isWanted || known !== undefined),
      held: isFound ? 'found' : 'held' in item ? item.held : null,
      overdueDays: 'overdueDays' in item ? item.overdueDays : 0,
    });
  };
  const optional = new Set(offered.map(({ group }) => group));
  for (const item of wanted)
    add(item, 'optional' in item ? item.optional : optional.has(item.group));
  for (const item of due) add(item, false);
  for (const item of offered) add(item, true);
  return rows;
}

/**
 * The rows that are given: a combined vaccine (联合疫苗) takes its parts out, the one with the most
 * parts first. A row that is taken out comes back as soon as no other covers it.
 */
export function withoutParts<R extends { group: string; vaccine: string }>(
  rows: readonly R[],
  groupsOf: (vaccine: string) => readonly string[],
): R[] {
  const parts = (row: R) => groupsOf(row.vaccine);
  const given = new Set<R>();
  for (const row of [...rows].sort((a, b) => parts(b).length - parts(a).length)) {
    if (![...given].some((other) => parts(other).includes(row.group))) given.add(row);
  }
  return rows.filter((row) => given.has(row));
}

/** The row whose combined vaccine gives this one too (已含); null: none. */
export function coveredBy(
  row: Row,
  rows: readonly Row[],
  groupsOf: (vaccine: string) => readonly string[],
): Row | null {
  if (!row.chosen) return null;
  const given = withoutParts(
    rows.filter(({ chosen }) => chosen),
    groupsOf,
  );
  if (given.includes(row)) return null;
  return given.find(({ vaccine }) => groupsOf(vaccine).includes(row.group)) ?? null;
}

/** The vaccines that are registered, each once. */
export function setOf(
  rows: readonly Row[],
  groupsOf: (vaccine: string) => readonly string[],
): string[] {
  const given = withoutParts(
    rows.filter(({ chosen }) => chosen),
    groupsOf,
  );
  return [...new Set(given.map(({ vaccine }) => vaccine))];
}

/** What may be given today at all, for the pre-check to look at. */
export function candidates(
  items: readonly (DueItem | NotDueItem)[],
  candidate: (vaccine: string) => Candidate,
): Candidate[] {
  return [...new Set(items.flatMap(({ vaccines }) => vaccines))].map(candidate);
}
