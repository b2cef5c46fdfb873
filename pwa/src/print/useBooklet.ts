/** Prints into the booklet and records what the printer took (打印接种证本、续打). */

import type { ComputedRef } from 'vue';
import { computed } from 'vue';
import type { ChildDoc } from '../case/document';
import { useCatalog } from '../catalog';
import { useSettings } from '../catalog/settings';
import { useClock } from '../clock/useClock';
import type { Forecast } from '../schedule/types.ts';
import { useRepository } from '../workspace/useChildren';
import {
  type BookletState,
  bookletState,
  layoutOf,
  linesFrom,
  printedEvent,
  unprinted,
} from './booklet';
import type { BookletLayout } from './generated.ts';
import { useForms } from './useForms';
import { type Printed, usePrint } from './usePrint';

/** Where nobody chose an edition. */
export const FIRST_EDITION = 'cn-2016';

export interface Job {
  child: ChildDoc;
  forecast: Forecast | null;
  state: BookletState;
  lines: ReadonlyMap<string, number>;
  /** The child's page, too. */
  withChild?: boolean;
}

export interface UseBooklet {
  edition: ComputedRef<string>;
  layout(edition: string): BookletLayout | null;
  /** Null while the edition's layout is not here. */
  state(child: ChildDoc): BookletState | null;
  /** Prints; only lines that the printer took are recorded. The child as it is then. */
  print(job: Job): Promise<{ came: Printed; child: ChildDoc }>;
  /** 续打: the doses that are not in the booklet yet, on the next free lines; null: there is none. */
  printNext(
    child: ChildDoc,
    forecast: Forecast | null,
  ): Promise<{ came: Printed; child: ChildDoc } | null>;
}

export function useBooklet(): UseBooklet {
  const settings = useSettings();
  const { entries } = useCatalog();
  const { today } = useClock();
  const { booklet } = useForms();
  const { print } = usePrint();
  const { addEvents } = useRepository();
  const edition = computed(() => settings.value?.booklet ?? FIRST_EDITION);
  const layout = (code: string) => layoutOf(entries('booklet')[code]);

  function state(child: ChildDoc): BookletState | null {
    // The child's own booklet may be of another edition than the clinic's.
    const first = layout(edition.value);
    if (!first) return null;
    const known = bookletState(child, edition.value, first.lines_per_page);
    if (known.edition === edition.value) return known;
    const own = layout(known.edition);
    return own ? bookletState(child, known.edition, own.lines_per_page) : null;
  }

  async function run(job: Job): Promise<{ came: Printed; child: ChildDoc }> {
    const { child, forecast, lines, withChild = false } = job;
    const page = layout(job.state.edition);
    if (!page) return { came: 'failed', child };
    const data = booklet(child, forecast, { lines, layout: page, withChild });
    const came = await print({ template: 'certificate-page', data });
    if (came !== 'printed' || lines.size === 0) return { came, child };
    const event = printedEvent(job.state, lines, page.lines_per_page, today());
    return { came, child: await addEvents(child._id, [event]) };
  }

  return {
    edition,
    layout,
    state,
    print: run,
    async printNext(child, forecast) {
      const now = state(child);
      const doses = now ? unprinted(now) : [];
      if (!now || doses.length === 0) return null;
      return run({ child, forecast, state: now, lines: linesFrom(doses, now.next) });
    },
  };
}
