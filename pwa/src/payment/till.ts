/** The day's till (日结): what was taken and given back, held against the numbers of the receipts. */
import { type ChildDoc, fact, standing } from '../case/document.ts';
import type { Method, Payment } from './bill.ts';
import { NUMBER } from './receipts.ts';

export interface Receipt {
  child: ChildDoc;
  name: string;
  id: string;
  event: Payment;
}

export interface Sum {
  key: string;
  count: number;
  taken: number;
  back: number;
}

/** The receipts of one device: how many there are, and which serials between them are not here. */
export interface Roll {
  mark: string;
  first: string;
  last: string;
  count: number;
  missing: string[];
}

export interface Till {
  receipts: Receipt[];
  taken: number;
  back: number;
  byMethod: Sum[];
  byDesk: Sum[];
  byUser: Sum[];
  rolls: Roll[];
}

function sums(receipts: readonly Receipt[], keyOf: (event: Payment) => string): Sum[] {
  const all = new Map<string, Sum>();
  for (const { event } of receipts) {
    const key = keyOf(event);
    const sum = all.get(key) ?? { key, count: 0, taken: 0, back: 0 };
    sum.count += 1;
    if (event.total_fen < 0) sum.back -= event.total_fen;
    else sum.taken += event.total_fen;
    all.set(key, sum);
  }
  return [...all.values()].sort((a, b) => a.key.localeCompare(b.key));
}

function rollsOf(receipts: readonly Receipt[]): Roll[] {
  const serials = new Map<string, number[]>();
  for (const { event } of receipts) {
    const parts = NUMBER.exec(event.number);
    const [, mark, serial] = parts ?? [];
    if (mark && serial) serials.set(mark, [...(serials.get(mark) ?? []), Number(serial)]);
  }
  const number = (mark: string, serial: number) => `${mark}-${String(serial).padStart(6, '0')}`;
  return [...serials].map(([mark, all]) => {
    const [first, last] = [Math.min(...all), Math.max(...all)];
    const known = new Set(all);
    const missing: string[] = [];
    for (let serial = first; serial <= last; serial++) {
      if (!known.has(serial)) missing.push(number(mark, serial));
    }
    const ends = { first: number(mark, first), last: number(mark, last) };
    return { mark, ...ends, count: all.length, missing };
  });
}

/** What the clinic's desks took on a day; of two devices each has a roll of its own. */
export function tillOf(children: readonly ChildDoc[], day: string, site: string): Till {
  const receipts = children
    .flatMap((child) =>
      standing(child, 'payment').flatMap(({ id, event }) =>
        event.date === day && event.site === site
          ? [{ child, name: fact(child, 'name') ?? '', id, event }]
          : [],
      ),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const byMethod = sums(receipts, ({ method }: { method: Method }) => method);
  return {
    receipts,
    taken: byMethod.reduce((sum, { taken }) => sum + taken, 0),
    back: byMethod.reduce((sum, { back }) => sum + back, 0),
    byMethod,
    byDesk: sums(receipts, ({ number }) => NUMBER.exec(number)?.[1] ?? ''),
    byUser: sums(receipts, ({ by }) => by),
    rolls: rollsOf(receipts),
  };
}
