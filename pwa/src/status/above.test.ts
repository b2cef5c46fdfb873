import { describe, expect, it } from 'vitest';
import type { Problem } from '../models/generated.ts';
import { refusedAbove } from './above.ts';

const report = (id: string, more: Partial<Problem> = {}) =>
  ({
    _id: `problem:${id}`,
    type: 'problem',
    document: 'child:A',
    revision: '1-a',
    reason: 'no',
    at: '2026-11-27T08:00:00.000Z',
    by: 'miaopu',
    ...more,
  }) as Problem & { _id: string };

describe('what the server above refuses', () => {
  const nameOf = (id: string) => (id === 'child:A' ? '苗苗' : null);

  it('is what this server reported and nobody has mended, the latest first', () => {
    const found = refusedAbove(
      [
        report('1'),
        report('2', { at: '2026-11-27T09:00:00.000Z', document: 'stock:B', reason: 'form' }),
        report('3', { resolved_at: '2026-11-27T09:00:00.000Z' }),
        report('4', { by: 'nurse1' }),
      ],
      nameOf,
    );
    expect(found.map(({ problem }) => problem)).toEqual(['problem:2', 'problem:1']);
    expect(found[0]).toMatchObject({ id: 'stock:B', childName: null, reason: 'form' });
    expect(found[1]).toMatchObject({ id: 'child:A', childName: '苗苗' });
  });
});
