/** The vials in the hand: what a scanned trace code (追溯码) proves, and what is said of it. */

import { type Ref, shallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import type { Lot } from '../case/lots.ts';
import { useLabels } from '../catalog/labels.ts';
import { useClock } from '../clock/useClock.ts';
import { perVialOf } from '../stock/useStock.ts';
import { traceKnown } from '../workspace/traces.ts';
import { judgeScan, type Scan } from './trace.ts';
import type { Item } from './visit.ts';

export function useVials(
  items: Readonly<Ref<Item[]>>,
  lotsOf: (vaccine: string) => Lot[],
  /** The vial is this dose's. */
  taken: (item: Item, patch: Partial<Item>) => void,
) {
  const { t } = useI18n();
  const { vaccineName } = useLabels();
  const { today } = useClock();
  /** 规格 of the vials that were scanned, by the dose. */
  const specs = new Map<string, string>();
  const scan = shallowRef<{ bad: boolean; text: string } | null>(null);

  /** What is said of a scan, and what follows from it. */
  function take(code: string, found: Scan, spec: string | null): void {
    const name = 'vaccine' in found ? vaccineName(found.vaccine) : '';
    if (found.kind !== 'taken') {
      const kind = found.kind === 'unusable' && found.expired ? 'expired' : found.kind;
      const date = 'date' in found ? found.date : '';
      scan.value = { bad: true, text: t(`scan.${kind}`, { vaccine: name, date }) };
      return;
    }
    const item = items.value.find(({ key }) => key === found.key);
    if (!item) return;
    taken(item, { traceCode: code, ...(found.lot && { lot: found.lot }) });
    if (spec) specs.set(item.key, spec);
    const said = found.learned ? 'scan.learned' : 'scan.taken';
    scan.value = { bad: false, text: t(said, { vaccine: vaccineName(item.vaccine) }) };
  }

  async function scanned(code: string): Promise<void> {
    const known = await traceKnown(code);
    const doses = items.value;
    const found = judgeScan({ code, doses, known, lotsOf, perVial: perVialOf, today: today() });
    take(code, found, known.product?.spec ?? null);
  }

  /** 规格 of a dose's vial: what its code says, or else how many doses are in it. */
  const specOf = (item: Item) =>
    specs.get(item.key) ?? t('give.perVial', { count: perVialOf(item.lot) });

  return { scan, scanned, specOf };
}
