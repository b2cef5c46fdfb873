/**
 * The sheets of a day (日报): 接种日志, 疫苗使用情况, 全程服务, 异常接种, 三数一致. Made from the day's
 * events; each sheet says by its note how it counts.
 */
import { type ChildDoc, type Dose, fact, standing } from '../case/document.ts';
import { type DayVisit, type VisitPlace, visitOf } from '../case/visit.ts';
import { wallClock } from '../clock/clock.ts';

export const SHEETS = ['log', 'use', 'service', 'abnormal', 'three'] as const;
export type SheetName = (typeof SHEETS)[number];

export const LOG_ORDERS = ['time', 'vaccine', 'nurse'] as const;
export type LogOrder = (typeof LOG_ORDERS)[number];

export type Cell = string | number;

export interface DaySheet {
  name: SheetName;
  /** Keys under `daysheets.column`. */
  columns: string[];
  rows: Cell[][];
  /** The last row sums up those above. */
  totalled: boolean;
  /** Rows that do not agree, or that a person should look at. */
  marked: ReadonlySet<number>;
}

/** How codes and accounts are put into words. */
export interface SheetWords {
  vaccine(code: string): string;
  bodySite(code: string): string;
  route(code: string): string;
  sex(code: string): string;
  person(account: string): string;
  nth(number: number): string;
  /** `free`, `paid`, `early`, `stopped.give` …: a word under `daysheets.word`. */
  word(key: string): string;
  /** What was warned of when a dose was given all the same. */
  warning(code: string): string;
  /** What the schedule says against a dose; null where it counts. */
  against(child: ChildDoc, dose: string): string | null;
}

export interface DayOf {
  day: string;
  site: string;
  children: readonly ChildDoc[];
  place: VisitPlace;
  /** The clinic wants a form for each visit, not for paid vaccines alone. */
  everyVisit: boolean;
  /** The day is over: who has not come to the end was left behind. */
  over: boolean;
  /** Doses thrown away on the day, by vaccine and lot. */
  wasted: readonly { vaccine: string; lot: string; doses: number }[];
}

interface Given {
  child: ChildDoc;
  id: string;
  dose: Dose;
}

const hour = (instant: string | undefined): string =>
  instant ? wallClock(Date.parse(instant)).time : '';
const name = (child: ChildDoc) => fact(child, 'name') ?? '';
const code = (child: ChildDoc) => fact(child, 'child_code') ?? '';

/** The doses that the clinic gave on the day, in the order of their recording. */
function givenOf({ children, day, site }: DayOf): Given[] {
  return children
    .flatMap((child) =>
      standing(child, 'dose').flatMap(({ id, event: dose }) =>
        dose.date === day && dose.origin === 'given' && dose.site === site
          ? [{ child, id, dose }]
          : [],
      ),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const lotOf = ({ dose }: Given) => `${dose.vaccine} ${dose.lot ?? ''}`;

const ORDER: Record<LogOrder, (a: Given, b: Given) => number> = {
  time: () => 0,
  vaccine: (a, b) => lotOf(a).localeCompare(lotOf(b)),
  nurse: (a, b) => a.dose.by.localeCompare(b.dose.by),
};

/** 接种日志: one line for each dose. */
function logSheet(of: DayOf, words: SheetWords, order: LogOrder): DaySheet {
  const rows = givenOf(of)
    .sort(ORDER[order])
    .map(({ child, dose }): Cell[] => [
      hour(dose.at),
      name(child),
      words.sex(fact(child, 'sex') ?? 'U'),
      fact(child, 'birth_date') ?? '',
      fact(child, 'mother_name') ?? fact(child, 'father_name') ?? '',
      fact(child, 'phone') ?? '',
      words.vaccine(dose.vaccine),
      dose.number ? words.nth(dose.number) : '',
      dose.lot ?? '',
      dose.expiry ?? '',
      [dose.body_site && words.bodySite(dose.body_site), dose.route && words.route(dose.route)]
        .filter(Boolean)
        .join(' '),
      words.word(dose.self_paid ? 'paid' : 'free'),
      words.person(dose.by),
    ]);
  const columns = [
    'time',
    'name',
    'sex',
    'birth',
    'guardian',
    'phone',
    'vaccine',
    'dose',
    'lot',
    'expiry',
    'place',
    'fee',
    'nurse',
  ];
  return { name: 'log', columns, rows, totalled: false, marked: new Set() };
}

/** Doses that a sheet counts by number; later ones stand together in the last column. */
const NUMBERS = 5;

/** 疫苗使用情况: by vaccine and lot, how many as which dose, free and paid, thrown away. */
function useSheet(of: DayOf, words: SheetWords): DaySheet {
  const lots = new Map<string, { head: Cell[]; counts: number[] }>();
  const row = (vaccine: string, lot: string, expiry: string) => {
    const key = `${vaccine} ${lot}`;
    const known = lots.get(key);
    if (known) return known;
    const made = {
      head: [words.vaccine(vaccine), lot, expiry],
      counts: Array(NUMBERS + 4).fill(0),
    };
    lots.set(key, made);
    return made;
  };
  const add = (counts: number[], at: number, by: number) => {
    counts[at] = (counts[at] ?? 0) + by;
  };
  for (const { dose } of givenOf(of)) {
    const { counts } = row(dose.vaccine, dose.lot ?? '', dose.expiry ?? '');
    add(counts, 0, 1);
    add(counts, dose.self_paid ? 2 : 1, 1);
    if (dose.number) add(counts, 2 + Math.min(dose.number, NUMBERS), 1);
  }
  for (const { vaccine, lot, doses } of of.wasted) {
    add(row(vaccine, lot, '').counts, NUMBERS + 3, doses);
  }
  const rows = [...lots].sort(([a], [b]) => a.localeCompare(b)).map(([, one]) => one);
  const total = rows.reduce(
    (sum, { counts }) => sum.map((value, i) => value + (counts[i] ?? 0)),
    Array<number>(NUMBERS + 4).fill(0),
  );
  const columns = [
    'vaccine',
    'lot',
    'expiry',
    'given',
    'free',
    'paid',
    'd1',
    'd2',
    'd3',
    'd4',
    'd5',
    'wasted',
  ];
  return {
    name: 'use',
    columns,
    rows: [
      ...rows.map(({ head, counts }) => [...head, ...counts]),
      [words.word('total'), '', '', ...total],
    ],
    totalled: true,
    marked: new Set(),
  };
}

function visits(of: DayOf): { child: ChildDoc; visit: DayVisit }[] {
  return of.children
    .map((child) => ({ child, visit: visitOf(child, of.day, of.place) }))
    .filter(({ visit }) => visit.precheck || visit.registration || visit.doses.length > 0)
    .sort((a, b) => begun(a.visit).localeCompare(begun(b.visit)));
}

/** When the family came to the first desk. */
function begun({ precheck, registration, doses }: DayVisit): string {
  return (
    [precheck?.event.at, registration?.event.at, doses[0]?.event.at].filter(Boolean).sort()[0] ?? ''
  );
}

/** How the observation ended, in a word; empty where nothing was given. */
function observedWord({ doses, stay }: DayVisit, over: boolean): string {
  if (doses.length === 0) return '';
  if (stay) return stay.event.reason ? 'early' : 'observed';
  return over ? 'notObserved' : 'observing';
}

/** 全程服务: each family's way through the desks, with the hour of each step. */
function serviceSheet(of: DayOf, words: SheetWords): DaySheet {
  const marked = new Set<number>();
  const rows = visits(of).map(({ child, visit }, i): Cell[] => {
    const { precheck, registration, doses, payments, stay } = visit;
    const observed = observedWord(visit, of.over);
    if (observed === 'early' || observed === 'notObserved') marked.add(i);
    const consent = [...visit.consents.values()].at(0);
    return [
      code(child),
      name(child),
      hour(precheck?.event.at),
      precheck ? words.word(precheck.event.passed ? 'passed' : 'notPassed') : '',
      hour(registration?.event.at),
      registration ? words.person(registration.event.by) : '',
      hour(consent?.event.at),
      hour(payments[0]?.event.at),
      hour(doses[0]?.event.at),
      doses.map(({ event }) => words.vaccine(event.vaccine)).join('、'),
      [...new Set(doses.map(({ event }) => words.person(event.by)))].join('、'),
      hour(stay?.event.until),
      observed && words.word(observed),
    ];
  });
  const columns = [
    'code',
    'name',
    'precheckAt',
    'precheck',
    'registerAt',
    'registerBy',
    'consentAt',
    'payAt',
    'giveAt',
    'vaccines',
    'nurse',
    'leftAt',
    'observation',
  ];
  return { name: 'service', columns, rows, totalled: false, marked };
}

/** 异常接种: doses against a warning or that do not count, and families who did not come to the end. */
function abnormalSheet(of: DayOf, words: SheetWords): DaySheet {
  const rows: Cell[][] = [];
  for (const { child, id, dose } of givenOf(of)) {
    const line = (kind: string, detail: string) =>
      rows.push([
        code(child),
        name(child),
        words.word(kind),
        words.vaccine(dose.vaccine),
        detail,
        words.person(dose.by),
        hour(dose.at),
      ]);
    const { override } = dose;
    if (override) {
      const warned = override.warnings.map(words.warning).join('；');
      line('overridden', `${warned}（${override.reason}）`);
    }
    const against = words.against(child, id);
    if (against !== null && !override) line('invalid', against);
  }
  for (const { child, visit } of visits(of)) {
    const end = (kind: string, detail: string, by = '', at = '') =>
      rows.push([code(child), name(child), words.word(kind), '', detail, by, at]);
    const stay = visit.stay?.event;
    if (stay?.reason) end('early', stay.reason, words.person(stay.by), hour(stay.until));
    else if (of.over && visit.next !== 'done') end('stuck', words.word(`stopped.${visit.next}`));
  }
  const columns = ['code', 'name', 'kind', 'vaccine', 'detail', 'nurse', 'time'];
  return { name: 'abnormal', columns, rows, totalled: false, marked: new Set() };
}

const isComplete = ({ dose }: Given): boolean =>
  Boolean(dose.lot && dose.expiry && dose.maker && dose.body_site && dose.route);

/** 三数一致: by vaccine, doses, consent forms that are wanted and there, complete lines of the log. */
function threeSheet(of: DayOf, words: SheetWords): DaySheet {
  const agreed = new Map(
    of.children.map((child) => [child._id, visitOf(child, of.day, of.place).consents]),
  );
  const byVaccine = new Map<string, Given[]>();
  for (const one of givenOf(of)) {
    byVaccine.set(one.dose.vaccine, [...(byVaccine.get(one.dose.vaccine) ?? []), one]);
  }
  const marked = new Set<number>();
  const total = [0, 0, 0, 0];
  const rows = [...byVaccine]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([vaccine, all], i): Cell[] => {
      const wanted = all.filter(({ dose }) => of.everyVisit || dose.self_paid);
      const lacksForm = wanted.filter(
        ({ child, dose }) => !agreed.get(child._id)?.get(dose.vaccine)?.event.agreed,
      );
      const lacksLine = all.filter((one) => !isComplete(one));
      const counts = [
        all.length,
        wanted.length,
        wanted.length - lacksForm.length,
        all.length - lacksLine.length,
      ];
      counts.forEach((count, n) => {
        total[n] = (total[n] ?? 0) + count;
      });
      const who = [...new Set([...lacksForm, ...lacksLine].map(({ child }) => name(child)))];
      if (who.length > 0) marked.add(i);
      return [
        words.vaccine(vaccine),
        ...counts,
        words.word(who.length ? 'differs' : 'agrees'),
        who.join('、'),
      ];
    });
  const columns = ['vaccine', 'given', 'formsWanted', 'forms', 'logged', 'agreement', 'lacking'];
  const sum = [words.word('total'), ...total, words.word(marked.size ? 'differs' : 'agrees'), ''];
  return { name: 'three', columns, rows: [...rows, sum], totalled: true, marked };
}

export function sheetOf(
  name: SheetName,
  of: DayOf,
  words: SheetWords,
  order: LogOrder = 'time',
): DaySheet {
  switch (name) {
    case 'log':
      return logSheet(of, words, order);
    case 'use':
      return useSheet(of, words);
    case 'service':
      return serviceSheet(of, words);
    case 'abnormal':
      return abnormalSheet(of, words);
    case 'three':
      return threeSheet(of, words);
  }
}

/** A table as CSV that spreadsheets open: UTF-8 with its mark, and no text that would be a formula. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell) => {
    const text = String(value);
    const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
