/**
 * Which printer takes which form on this device (按单证选打印机). Kept in localStorage: it belongs to
 * the desk and its devices, not to the person or the clinic.
 */

import type { PrinterShown } from '../devices/generated.ts';
import type { Sheet } from './usePrint';

/** The forms that a printer is chosen for, and the template of each; the booklet is one by itself. */
const TEMPLATE_OF = {
  notice: 'notice',
  certificate: 'certificate-page',
  booklet: 'certificate-page',
  consent: 'consent',
  slip: 'appointment',
  label: 'card-label',
  receipt: 'receipt',
  paper: 'paper',
} as const satisfies Record<string, Sheet['template']>;
export type FormKind = keyof typeof TEMPLATE_OF;
export const FORMS = Object.keys(TEMPLATE_OF) as FormKind[];

/** The choice of the browser's own print, which no printer is named. */
export const BROWSER = '@browser';

const KEY = 'miaopu.printers';

export function kindOf(what: Sheet): FormKind {
  if (what.template === 'certificate-page' && what.data.variant === 'passbook') return 'booklet';
  return FORMS.find((kind) => TEMPLATE_OF[kind] === what.template) ?? 'paper';
}

/** The printers that can print a form, of all that the bridge has. */
export function printersFor(kind: FormKind, all: readonly PrinterShown[]): PrinterShown[] {
  return all.filter(
    (printer) =>
      printer.templates.includes(TEMPLATE_OF[kind]) && (kind === 'booklet' || !printer.booklet),
  );
}

/** What was chosen; anything unknown or damaged is no choice. */
export function readChoices(text: string | null): Partial<Record<FormKind, string>> {
  try {
    const stored = JSON.parse(text ?? '{}') as Record<string, unknown> | null;
    const known = FORMS.flatMap((kind) =>
      typeof stored?.[kind] === 'string' ? [[kind, stored[kind]] as const] : [],
    );
    return Object.fromEntries(known);
  } catch {
    return {};
  }
}

/** The printer's id or {@link BROWSER}; null lets the bridge choose by the kind of the form. */
export function chosenPrinter(kind: FormKind): string | null {
  return readChoices(localStorage.getItem(KEY))[kind] ?? null;
}

export function choosePrinter(kind: FormKind, printer: string | null): void {
  const { [kind]: _, ...others } = readChoices(localStorage.getItem(KEY));
  localStorage.setItem(KEY, JSON.stringify(printer ? { ...others, [kind]: printer } : others));
}

/** What prints this form here: see {@link chosenPrinter}. */
export function printerFor(what: Sheet): string | null {
  return chosenPrinter(kindOf(what));
}
