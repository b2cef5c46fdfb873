/** Trace codes of the doses on this device (药品追溯码): which are used, and of which product they are. */
import { type ChildDoc, type Dose, standing } from '../case/document.ts';
import type { IndexedRow } from './row.ts';
import { opened } from './workspace.ts';

/** What doses say of a code; see `vaccinate/trace.ts`, which judges it. */
export interface TraceKnown {
  used: { child: string; vaccine: string; date: string; lot: string }[];
  product: { vaccine: string; maker: string; lot: string; spec: string | null } | null;
}

/** The first digits name the product (NMPAB/T 1002). */
export const PRODUCT_DIGITS = 7;
/** Children of whom the latest dose of a product is looked for. */
const LOOKED_AT = 20;

const newestFirst = (a: IndexedRow, b: IndexedRow) =>
  (b.touchedAt ?? '').localeCompare(a.touchedAt ?? '');

/** The rows that bear on a code: those that have it, and the latest of its product. */
export function rowsOfTrace(rows: readonly IndexedRow[], code: string): IndexedRow[] {
  const prefix = code.slice(0, PRODUCT_DIGITS);
  const starts = (row: IndexedRow) =>
    row.traces.startsWith(prefix) || row.traces.includes(` ${prefix}`);
  const product = rows.filter(starts).sort(newestFirst);
  const own = product.filter((row) => row.traces.includes(code));
  return [...new Set([...own, ...product.slice(0, LOOKED_AT)])];
}

/** What the doses of these children say of a code. */
export function traceIn(children: readonly ChildDoc[], code: string): TraceKnown {
  const prefix = code.slice(0, PRODUCT_DIGITS);
  const used: TraceKnown['used'] = [];
  let latest: { id: string; dose: Dose } | null = null;
  for (const child of children) {
    for (const { id, event } of standing(child, 'dose')) {
      if (!event.trace_code?.startsWith(prefix)) continue;
      const { vaccine, date, lot = '' } = event;
      if (event.trace_code === code) used.push({ child: child._id, vaccine, date, lot });
      if (!latest || id > latest.id) latest = { id, dose: event };
    }
  }
  const { vaccine, maker = '', lot = '', spec = null } = latest?.dose ?? {};
  return { used, product: vaccine ? { vaccine, maker, lot, spec } : null };
}

/** What this device knows of a code. */
export async function traceKnown(code: string): Promise<TraceKnown> {
  const { index, readAll } = opened();
  const rows = rowsOfTrace(index.rows(), code);
  return traceIn(await readAll(rows.map(({ id }) => id)), code);
}
