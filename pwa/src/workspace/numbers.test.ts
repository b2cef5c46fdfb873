import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberBlock } from '../models/generated.ts';
import { createServer } from '../sync/server.ts';
import { createNumbers, LOW } from './numbers.ts';

const SITE = '3301020001';

/** A server that knows only which blocks are claimed, and devices that share a clinic's children. */
function clinic() {
  const claimed = new Map<string, NumberBlock>();
  const used = new Set<string>();
  const net = { up: true, county: true, used: true };
  const server = createServer('', async (path, init) => {
    if (!net.up) throw new TypeError('Failed to fetch');
    if (!net.county) return Response.json({ error: 'county_unreachable' }, { status: 424 });
    if (!net.used) {
      const reason = '[numbers-unused] document';
      return Response.json({ error: 'forbidden', reason }, { status: 403 });
    }
    const id = decodeURIComponent(path.split('/').at(-1) as string);
    if (claimed.has(id)) return Response.json({ error: 'conflict' }, { status: 409 });
    claimed.set(id, JSON.parse(String(init?.body)) as NumberBlock);
    return Response.json({ ok: true }, { status: 201 });
  });
  const device = (station: string) => {
    const known = new Map<string, NumberBlock>();
    let turn: Promise<unknown> = Promise.resolve();
    const numbers = createNumbers({
      site: SITE,
      station,
      server,
      blocks: (year) => [...known.values()].filter((block) => block.year === year),
      used: (code) => used.has(code),
      provenance: () => ({ at: '', by: '', station, site: SITE, offset_ms: null, app: '' }),
      fetch: async (id) => void known.set(id, claimed.get(id) as NumberBlock),
      catchUp: async () => {},
      lock: (work) => {
        const next = turn.then(work);
        turn = next.catch(() => {});
        return next;
      },
    });
    const take = (year: number) =>
      numbers.next(year, async (code) => {
        await Promise.resolve();
        if (code) used.add(code);
        return code;
      });
    return { numbers, take };
  };
  return { device, net, claimed, used };
}

describe('child codes', () => {
  it('follow when the server knows of enough that are used', async () => {
    const { device, net, claimed } = clinic();
    const { numbers } = device('A');
    net.used = false;
    await numbers.reserve([2026]);
    expect(claimed.size).toBe(0);
    net.used = true;
    await numbers.reserve([2026]);
    expect(claimed.size).toBe(1);
  });

  it('are site, year and serial of a block that the device holds', async () => {
    const { device, net, claimed } = clinic();
    const { numbers, take } = device('A');
    expect(await take(2026)).toBeNull();
    await numbers.reserve([2026, 2025, 2026]);
    expect([...claimed.keys()]).toEqual([`numbers:${SITE}:2026:00`, `numbers:${SITE}:2025:00`]);
    net.up = false;
    expect(await take(2026)).toBe(`${SITE}20260000`);
    expect(await take(2026)).toBe(`${SITE}20260001`);
    expect(await take(2025)).toBe(`${SITE}20250000`);
    expect(numbers.left(2026)).toBe(98);
  });

  it('come from blocks that no other device has', async () => {
    const { device } = clinic();
    const [a, b] = [device('A'), device('B')];
    await a.numbers.reserve([2026]);
    await b.numbers.reserve([2026]);
    expect(await a.take(2026)).toBe(`${SITE}20260000`);
    expect(await b.take(2026)).toBe(`${SITE}20260100`);
  });

  it('are reserved again before they run out, and end without a repetition', async () => {
    const { device, claimed } = clinic();
    const { numbers, take } = device('A');
    await numbers.reserve([2026]);
    for (let n = 0; n < 100 - LOW; n++) await take(2026);
    await numbers.reserve([2026]);
    expect(claimed.size).toBe(1);
    await take(2026);
    await numbers.reserve([2026]);
    expect(claimed.size).toBe(2);
  });

  it('wait without a fault while the hub cannot reach its county', async () => {
    const { device, net } = clinic();
    const { numbers, take } = device('A');
    net.county = false;
    await numbers.reserve([2026]);
    expect(await take(2026)).toBeNull();
    net.county = true;
    await numbers.reserve([2026]);
    expect(await take(2026)).toBe(`${SITE}20260000`);
  });

  it('are never given twice, whoever asks when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ who: fc.integer({ min: 0, max: 2 }), reserve: fc.boolean() }), {
          maxLength: 60,
        }),
        async (steps) => {
          const { device } = clinic();
          const devices = ['A', 'B', 'C'].map(device);
          const given = await Promise.all(
            steps.map(async ({ who, reserve }) => {
              const one = devices[who] as (typeof devices)[number];
              if (reserve) await one.numbers.reserve([2026]);
              return one.take(2026);
            }),
          );
          const codes = given.filter((code) => code !== null);
          expect(new Set(codes).size).toBe(codes.length);
        },
      ),
      { numRuns: 30 },
    );
  });
});
