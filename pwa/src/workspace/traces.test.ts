import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { rowOf } from './row.ts';
import { rowsOfTrace, traceIn } from './traces.ts';

const CODE = '89004020000000000001';
const OTHER = '89004020000000000002';
const child = (id: string, ...doses: [id: string, code: string, more?: object][]): ChildDoc =>
  ({
    _id: id,
    type: 'child',
    facts: {},
    events: Object.fromEntries(
      doses.map(([ulid, trace_code, more]) => [
        ulid,
        {
          ...{ kind: 'dose', origin: 'given', date: '2026-11-20', vaccine: '0402', lot: 'A' },
          ...{
            maker: 'M',
            site: '9901210001',
            at: '2026-11-20T01:00:00.000Z',
            trace_code,
            ...more,
          },
        },
      ]),
    ),
  }) as unknown as ChildDoc;

it('finds who has a code, and the product by the latest dose of it', () => {
  const a = child('child:A', ['01', CODE]);
  const b = child('child:B', ['02', OTHER, { lot: 'B' }]);
  const c = child('child:C', ['03', '11111111111111111111', { vaccine: '1201' }]);
  const rows = [a, b, c].map((one) => rowOf(one, '9901210001'));
  expect(rowsOfTrace(rows, CODE).map(({ id }) => id)).toEqual(['child:A', 'child:B']);
  const product = { vaccine: '0402', maker: 'M', lot: 'B', spec: null };
  expect(traceIn([a, b], CODE)).toEqual({
    used: [{ child: 'child:A', vaccine: '0402', date: '2026-11-20', lot: 'A' }],
    product,
  });
  expect(traceIn([a, b], '89004020000000000003')).toEqual({ used: [], product });
  expect(traceIn([], CODE)).toEqual({ used: [], product: null });
});

it('forgets a dose that was voided: what was learned wrongly is unlearned with it', () => {
  const a = child('child:A', ['01', CODE]);
  const voided = { kind: 'void', target: '01', reason: 'other', site: '9901210001' };
  const gone = { ...a, events: { ...a.events, '02': voided } } as unknown as ChildDoc;
  expect(rowOf(gone, '9901210001').traces).toBe('');
  expect(traceIn([gone], CODE)).toEqual({ used: [], product: null });
});
