/**
 * What stands in a child's booklet (接种证本), and which lines come next (续打). A booklet is known by
 * its certificate's number; a new one starts empty (换证、补证).
 */

import { certificateOf } from '../case/certificate.ts';
import { type ChildDoc, type Dose, type NewEvent, standing } from '../case/document.ts';
import type { Entry } from '../models/generated.ts';
import type { BookletLayout } from './generated.ts';

/** The layout of an edition, as the dictionary `booklet` has it; null where it has none. */
export function layoutOf(entry: Entry | undefined): BookletLayout | null {
  const layout = (entry?.more as { layout?: BookletLayout } | undefined)?.layout;
  return layout && layout.lines_per_page > 0 ? layout : null;
}

/** A place in the booklet: page and row, both from 1. */
export interface Place {
  page: number;
  row: number;
}

/** Lines are counted from 1 over all pages. */
export const lineOf = ({ page, row }: Place, perPage: number): number => (page - 1) * perPage + row;
export const placeOf = (line: number, perPage: number): Place => ({
  page: Math.floor((line - 1) / perPage) + 1,
  row: ((line - 1) % perPage) + 1,
});

export interface BookletDose {
  id: string;
  dose: Dose;
  /** The line that it was printed on; null: not yet. */
  line: number | null;
  /** Nothing printed it, but it stands there: it was copied from this booklet. */
  copied: boolean;
}

export interface BookletState {
  /** The booklet's number; null while none was issued. */
  certificate: string | null;
  edition: string;
  /** All doses that stand, by their dates. */
  doses: BookletDose[];
  /** The first line after all that were printed, and after those that stand there unprinted. */
  next: number;
}

/**
 * Reads the `printed` events of the booklet that the child holds. Old doses that were copied (补录)
 * before any booklet was issued here were copied from it, so that they stand there by hand.
 */
export function bookletState(child: ChildDoc, edition: string, perPage: number): BookletState {
  const held = certificateOf(child);
  const lines = new Map<string, number>();
  let last = 0;
  for (const { event } of standing(child, 'printed')) {
    if ((event.certificate ?? null) !== (held?.number ?? null)) continue;
    for (const one of event.lines) {
      const line = lineOf(one, perPage);
      lines.set(one.dose, line);
      // The line of a dose that was voided since is taken all the same.
      last = Math.max(last, line);
    }
  }
  const doses = standing(child, 'dose')
    .sort((a, b) => a.event.date.localeCompare(b.event.date) || a.id.localeCompare(b.id))
    .map(({ id, event }) => {
      const line = lines.get(id) ?? null;
      const copied = line === null && held === null && event.origin === 'history';
      return { id, dose: event, line, copied };
    });
  const byHand = doses.filter(({ copied }) => copied).length;
  return {
    certificate: held?.number ?? null,
    edition: held?.edition ?? edition,
    doses,
    next: Math.max(last, byHand) + 1,
  };
}

/** The doses that 续打 prints: not printed yet, and not copied from the booklet itself. */
export const unprinted = (state: BookletState): BookletDose[] =>
  state.doses.filter(({ line, copied }) => line === null && !copied);

/** The line of each dose, one after the other from a first. */
export function linesFrom(doses: readonly BookletDose[], first: number): Map<string, number> {
  return new Map(doses.map(({ id }, i) => [id, first + i]));
}

/** The record of what the printer took. */
export function printedEvent(
  state: Pick<BookletState, 'certificate' | 'edition'>,
  lines: ReadonlyMap<string, number>,
  perPage: number,
  today: string,
): NewEvent<'printed'> {
  return {
    kind: 'printed',
    date: today,
    edition: state.edition,
    ...(state.certificate && { certificate: state.certificate }),
    lines: [...lines].map(([dose, line]) => ({ dose, ...placeOf(line, perPage) })),
  };
}
