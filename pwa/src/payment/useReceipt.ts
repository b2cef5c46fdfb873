/** The slip of a payment or a refund. */
import { useI18n } from 'vue-i18n';
import type { ChildDoc } from '../case/document';
import { wallClock } from '../clock/clock';
import { deviceClock } from '../clock/useClock';
import { childForm } from '../print/forms';
import { useForms } from '../print/useForms';
import { usePrint } from '../print/usePrint';
import { useSession } from '../workspace/session';
import type { Payment } from './bill';
import { yuan } from './money';
import { usePayment } from './usePayment';

export function useReceipt(): { printReceipt(child: ChildDoc, payment: Payment): Promise<void> } {
  const { t } = useI18n();
  const { clinic } = useForms();
  const { user, nameOf } = useSession();
  const { itemName } = usePayment();
  const { print } = usePrint();
  return {
    async printReceipt(child, payment) {
      const isRefund = payment.refunds !== undefined;
      const sign = isRefund ? -1 : 1;
      const received = payment.received_fen;
      // A payment that was made just now has no provenance yet.
      const { date, time } = wallClock(Date.parse(payment.at ?? deviceClock().instant()));
      const by = payment.by ?? user.value?.name ?? '';
      const total = (key: string, fen: number) => ({
        label: t(`payment.slip.${key}`),
        value: yuan(fen),
      });
      await print({
        template: 'receipt',
        data: {
          clinic: clinic(),
          title: t(isRefund ? 'payment.slip.refund' : 'payment.slip.title'),
          number: payment.number,
          child: childForm(child),
          at: `${date} ${time}`,
          charges: payment.charges.map(({ item, count, price_fen }) => ({
            item: itemName(item),
            count,
            price: yuan(price_fen),
            amount: yuan(sign * count * price_fen),
          })),
          totals: [
            total('total', payment.total_fen),
            { label: t('payment.method'), value: t(`payment.methods.${payment.method}`) },
            ...(received !== undefined && received !== null
              ? [total('received', received), total('change', received - payment.total_fen)]
              : []),
          ],
          cashier: t('payment.slip.cashier', { name: nameOf(by) ?? by }),
          ...(payment.reason && { note: payment.reason }),
        },
      });
    },
  };
}
