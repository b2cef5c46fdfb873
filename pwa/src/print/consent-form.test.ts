import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { encodeStrokes } from '../ui/strokes.ts';
import { type ConsentInput, consentForm } from './consent-form.ts';

const DAY = '2026-11-23';
const strokes = encodeStrokes([
  [
    { x: 0, y: 0 },
    { x: 60, y: 20 },
  ],
]);
const child = (events: object) =>
  ({
    ...{ _id: 'child:A', type: 'child' },
    facts: { name: { value: '张三' }, birth_date: { value: '2026-01-05' } },
    events,
  }) as unknown as ChildDoc;
const input: ConsentInput = {
  child: child({}),
  clinic: { name: '接种点' },
  ...{ date: DAY, vaccine: '五联疫苗', code: '5001', dose: '', programme: false, priceFen: 62_600 },
  leaflet: { prevents: '五种病', contraindications: ['甲', '乙'], reactions: [], notes: [] },
  ...{ version: 'now', question: (code) => `问${code}`, relation: () => '母亲', doctor: '李' },
};

it('tells what the leaflet says, and what it costs', () => {
  expect(consentForm(input)).toMatchObject({
    ...{ vaccine: '五联疫苗', price_yuan: 626, effect: '五种病', contraindications: '甲\n乙' },
    ...{ version: 'now', questions: [] },
  });
  expect(consentForm(input)).not.toHaveProperty('decision');
  expect(consentForm(input)).not.toHaveProperty('signature');
});

it('has the answers, the decision and what was signed on glass, with the version agreed to', () => {
  const signed = child({
    A: { kind: 'precheck', date: DAY, answers: { fever: false } },
    B: {
      ...{ kind: 'consent', date: DAY, vaccines: ['5001'], agreed: true, strokes },
      ...{ informed: { relation: 'mother' }, form: { code: '5001', version: 'then' } },
    },
  });
  expect(consentForm({ ...input, child: signed })).toMatchObject({
    questions: [{ question: '问fever', answer: false }],
    ...{ decision: 'agree', guardian_relation: '母亲', version: 'then' },
    signature: 'M0 0L60 20',
  });
});
