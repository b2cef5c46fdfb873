/** What there is to practise on (练习模式): children who do not exist, and vaccines that nobody has. */
import type { FactsPatch } from '../case/document.ts';
import type { Lot } from '../case/lots.ts';
import { dateOf, dayOf } from '../ui/format.ts';

/** Age in days, name, mother, sex: one for each step of the programme. */
const CHILDREN = [
  [2, '练习·新生儿', '练习母亲甲', 'F'],
  [32, '练习·满月', '练习母亲乙', 'M'],
  [95, '练习·三月龄', '练习母亲丙', 'F'],
  [245, '练习·八月龄', '练习母亲丁', 'M'],
  [555, '练习·一岁半', '练习母亲戊', 'F'],
  [1465, '练习·四岁', '练习母亲己', 'M'],
  [2195, '练习·六岁', '练习母亲庚', 'F'],
] as const;

export function practiceChildren(today: string): FactsPatch[] {
  const day = dayOf(today) ?? 0;
  return CHILDREN.map(([age, name, mother_name, sex]) => ({
    name,
    mother_name,
    sex,
    birth_date: dateOf(day - age),
    residence: '1',
  }));
}

/** Doses of each vaccine to practise with. */
const DOSES = 50;
const MOST_VACCINES = 40;

/** A lot for practice of each vaccine that the clinic has, so that no real vial is counted. */
export function practiceLots(lots: readonly Lot[], today: string) {
  const expiry = dateOf((dayOf(today) ?? 0) + 365);
  const vaccines = [...new Set(lots.map(({ vaccine }) => vaccine))].slice(0, MOST_VACCINES);
  return vaccines.map((vaccine) => ({
    kind: 'receive' as const,
    date: today,
    vaccine,
    lot: `LX${vaccine}`,
    expiry,
    maker: '练习',
    doses: DOSES,
  }));
}
