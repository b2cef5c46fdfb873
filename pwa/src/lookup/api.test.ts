import { describe, expect, it } from 'vitest';
import { createServer, SyncFault } from '../sync/server.ts';
import { caseProblem, caseQueries, fetchCase, findCases } from './api.ts';

const CODE = '330102000120250001';

function server(answers: Record<string, unknown>, status = 200) {
  const asked: { path: string; body: unknown }[] = [];
  return {
    asked,
    server: createServer('', async (path, init) => {
      asked.push({ path, body: JSON.parse(String(init?.body)) });
      return new Response(JSON.stringify(answers[path] ?? {}), { status });
    }),
  };
}

describe('what may be meant', () => {
  it.each([
    ['8888 0001', '', [{ card: '88880001' }]],
    [CODE, '', [{ child_code: CODE }, { card: CODE }]],
    ['11010519491231002X', '', [{ id_number: '11010519491231002X' }]],
    ['张三', '2025-03-09', [{ name: '张三', birth_date: '2025-03-09' }]],
    ['张三', '', []],
    ['12', '2025-03-09', []],
    ['', '2025-03-09', []],
  ])('by %s and %s', (text, birth, queries) => {
    expect(caseQueries(text, birth)).toEqual(queries);
  });
});

it('puts nothing of a child into an address', async () => {
  const { server: one, asked } = server({ '/api/cases/find': { rows: [], above: 'none' } });
  const found = await findCases(one, caseQueries(CODE, ''));
  expect(found).toEqual({ rows: [], above: 'none' });
  expect(asked).toEqual([
    { path: '/api/cases/find', body: { child_code: CODE } },
    { path: '/api/cases/find', body: { card: CODE } },
  ]);
});

it('fetches a case under the id that it is shown by', async () => {
  const { server: one } = server({ '/api/cases/fetch': { id: 'child:B', recorded: ['visit'] } });
  expect(await fetchCase(one, 'child:A', 'visit')).toBe('child:B');
});

it.each([
  [404, 'gone'],
  [403, 'refused'],
  [429, 'tooMany'],
  [401, 'login'],
  [503, 'server'],
])('says what %i means', async (status, problem) => {
  const { server: one } = server({}, status);
  const error = await fetchCase(one, 'child:A', 'move').catch((reason: unknown) => reason);
  expect(caseProblem(error)).toBe(problem);
});

it('tells an absent network from a failing program', () => {
  expect(caseProblem(new SyncFault('connectivity', ''))).toBe('offline');
  expect(() => caseProblem(new TypeError('x'))).toThrow(TypeError);
});
