/** Takes money and gives it back at this desk. */
import { useI18n } from 'vue-i18n';
import { type ChildDoc, type NewEvent, standing } from '../case/document';
import { useLabels } from '../catalog/labels';
import { stationOf } from '../workspace/station';
import { opened, practising } from '../workspace/workspace';
import { keptSerial, markOf, takeNumber } from './receipts';

const CHUNK = 500;
const PRACTICE = 'PRACTICE';

/** Numbers of all receipts that this device knows; read only when it has kept none of its own. */
async function knownNumbers(): Promise<string[]> {
  const open = opened();
  const ids = open.index.rows().map(({ id }) => id);
  const found: string[] = [];
  for (let at = 0; at < ids.length; at += CHUNK) {
    for (const child of await open.readAll(ids.slice(at, at + CHUNK))) {
      for (const { event } of standing(child, 'payment')) found.push(event.number);
    }
  }
  return found;
}

async function nextNumber(): Promise<string> {
  // Practice has a roll of its own, which is nobody's.
  const mark = practising.value ? PRACTICE : markOf(stationOf(localStorage).id);
  const take = async () => {
    const known = keptSerial(localStorage, mark) === null ? await knownNumbers() : [];
    return takeNumber(localStorage, mark, known);
  };
  // Two windows of one device have one roll of receipts.
  return navigator.locks ? navigator.locks.request(`miaopu-receipts-${mark}`, take) : take();
}

export function usePayment() {
  const { t } = useI18n();
  const { vaccineName } = useLabels();
  return {
    /** What an item of a bill is called. */
    itemName: (item: string) =>
      /^\d{4}$/.test(item) ? vaccineName(item) : t(`payment.item.${item}`),
    /** The mark of this desk's receipts. */
    mark: () => markOf(stationOf(localStorage).id),
    async record(
      child: ChildDoc,
      make: (number: string) => NewEvent<'payment'>,
    ): Promise<{ child: ChildDoc; event: NewEvent<'payment'> }> {
      const event = make(await nextNumber());
      return { child: await opened().repository.addEvents(child._id, [event]), event };
    },
  };
}
