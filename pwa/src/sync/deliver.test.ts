import { expect, it } from 'vitest';
import { createDelivery, keyOf } from './deliver.ts';
import { createServer, onSilence, type SyncFault } from './server.ts';

const leaf = { id: 'stock:1', rev: '1-a' };
const doc = { _id: leaf.id, _rev: leaf.rev };
const answer = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const signal = new AbortController().signal;

/** A delivery to a server of which so many answers in a row do not name what it has taken. */
function delivery(silent: number) {
  let asked = 0;
  const server = createServer('', async (path) => {
    if (path.endsWith('/_bulk_docs')) return answer([], 201);
    return answer(asked++ < silent ? { [leaf.id]: { missing: [leaf.rev] } } : {});
  });
  return createDelivery({ server, remote: '/db/x', settleMs: 1 }, signal);
}

it('asks a cluster again, whose copies know of a write one after the other', async () => {
  const patient = delivery(1);
  expect(await patient.send([doc])).toEqual(new Map([[keyOf(leaf), { is: 'there' }]]));
  patient.settle();
});

it('leaves open what is not named then either, and says so', async () => {
  const stuck = delivery(2);
  expect(await stuck.send([doc])).toEqual(new Map([[keyOf(leaf), { is: 'open' }]]));
  expect(() => stuck.settle()).toThrow('does not name them');
});

it.each([
  [412, 'nodedown', 'server'],
  [500, 'no_majority', 'server'],
  [412, 'file_exists', 'refused'],
  [403, 'forbidden', 'refused'],
  [401, 'unauthorized', 'unauthorised'],
])('takes %s %s for a fault of kind %s', async (status, error, kind) => {
  const server = createServer('', async () => answer({ error, reason: 'x' }, status));
  await expect(server.json('/db/x/_changes')).rejects.toMatchObject({ kind });
});

it('tells whoever listens that no answer came, and not that nobody waits for one', async () => {
  let silences = 0;
  const stop = onSilence(() => silences++);
  const server = createServer('', async (_, init) => {
    init?.signal?.throwIfAborted();
    throw new TypeError('Failed to fetch');
  });
  const kind = (error: SyncFault) => error.kind;
  expect(await server.json('/a').catch(kind)).toBe('connectivity');
  expect(silences).toBe(1);
  await server.json('/a', { signal: AbortSignal.abort() }).catch(kind);
  expect(silences).toBe(1);
  stop();
});
