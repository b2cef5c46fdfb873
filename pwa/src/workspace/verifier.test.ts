import { describe, expect, it } from 'vitest';
import { createServer } from '../sync/server.ts';
import { authenticate } from './session.ts';
import { dropClosed } from './standing.ts';
import { userOf } from './user.ts';
import { createVerifiers, FREE_FAILURES, ROUNDS } from './verifier.ts';

const DAY = 86_400_000;
const days = (count: number) => () => count;

function device(rounds = 1000) {
  const kept = new Map<string, string>();
  const clock = { now: 1_000_000_000_000 };
  const keep = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  return { kept, clock, verifiers: createVerifiers(keep, () => clock.now, rounds) };
}

describe('the verifier', () => {
  it('lets in without the server for so many days, and keeps no password', async () => {
    const { verifiers, clock, kept } = device();
    await verifiers.remember('anna', '秘密-password', ['site:3301020001'], '安娜');
    expect(JSON.stringify([...kept])).not.toContain('password');
    expect(await verifiers.verify('anna', '秘密-password', days(14))).toMatchObject({ ok: true });
    clock.now += 14 * DAY + 1;
    expect(await verifiers.verify('anna', '秘密-password', days(14))).toMatchObject({
      reason: 'too_long_offline',
    });
    verifiers.confirmed('anna', ['site:3301020001']);
    expect(await verifiers.verify('anna', '秘密-password', days(14))).toMatchObject({ ok: true });
  });

  it('lets a page that is loaded again go on, for as long as it would let in', async () => {
    const { verifiers, clock } = device();
    expect(verifiers.goesOn('anna', days(14))).toBeNull();
    await verifiers.remember('anna', 'a', ['site:3301020001'], '安娜');
    const well = { roles: ['site:3301020001'], displayName: '安娜' };
    expect(verifiers.goesOn('anna', days(14))).toEqual(well);
    clock.now += 14 * DAY + 1;
    expect(verifiers.goesOn('anna', days(14))).toBeNull();
    clock.now -= 16 * DAY;
    expect(verifiers.goesOn('anna', days(14))).toBeNull();
    clock.now += 2 * DAY;
    for (let n = 0; n < FREE_FAILURES; n++) verifiers.failed('anna');
    expect(verifiers.goesOn('anna', days(14))).toBeNull();
    verifiers.forget('anna');
    expect(verifiers.goesOn('anna', days(14))).toBeNull();
  });

  it('is not stretched by a clock that was set back', async () => {
    const { verifiers, clock } = device();
    await verifiers.remember('anna', 'a', [], '');
    clock.now -= 2 * DAY;
    expect(await verifiers.verify('anna', 'a', days(14))).toMatchObject({
      reason: 'clock_wrong',
    });
  });

  it('names the clock that was set to 1970, and no lock of decades', async () => {
    const { verifiers, clock } = device();
    await verifiers.remember('anna', 'a', [], '');
    for (let n = 0; n < FREE_FAILURES; n++) await verifiers.verify('anna', 'x', days(14));
    clock.now = 0;
    for (const password of ['a', 'x']) {
      expect(await verifiers.verify('anna', password, days(14))).toMatchObject({
        reason: 'clock_wrong',
      });
    }
  });

  it('locks an account after failures, each time for longer, and no other account', async () => {
    const { verifiers, clock } = device();
    await verifiers.remember('anna', 'a', [], '');
    await verifiers.remember('ben', 'b', [], '');
    for (let n = 1; n < FREE_FAILURES; n++) {
      expect(await verifiers.verify('anna', 'x', days(14))).toMatchObject({
        reason: 'wrong_password',
      });
    }
    expect(await verifiers.verify('anna', 'x', days(14))).toMatchObject({ reason: 'locked' });
    const first = (verifiers.lockedUntil('anna') as number) - clock.now;
    // The right password does not open a lock either.
    expect(await verifiers.verify('anna', 'a', days(14))).toMatchObject({ reason: 'locked' });
    expect(await verifiers.verify('ben', 'b', days(14))).toMatchObject({ ok: true });
    clock.now += first + 1;
    expect(await verifiers.verify('anna', 'x', days(14))).toMatchObject({ reason: 'locked' });
    expect((verifiers.lockedUntil('anna') as number) - clock.now).toBeGreaterThan(first);
    clock.now += DAY;
    expect(await verifiers.verify('anna', 'a', days(14))).toMatchObject({ ok: true });
    expect(await verifiers.verify('anna', 'x', days(14))).toMatchObject({
      reason: 'wrong_password',
    });
  });

  it('derives by at least 310,000 rounds', () => {
    expect(ROUNDS).toBeGreaterThanOrEqual(310_000);
  });

  it('asks online again when what it kept is damaged', async () => {
    const { verifiers, kept } = device();
    await verifiers.remember('anna', 'a', [], '');
    for (const key of kept.keys()) kept.set(key, '{"anna":');
    expect(await verifiers.verify('anna', 'a', days(14))).toMatchObject({
      reason: 'unknown_offline',
    });
  });
});

describe('a login', () => {
  type Answers = Record<string, () => Response>;
  const parts = (answers: Answers, made = device()) => ({
    ...made,
    login: (name: string, password: string) =>
      authenticate(
        {
          server: createServer('', async (path) => {
            const answer = Object.entries(answers).find(([key]) => path.includes(key))?.[1];
            if (!answer) throw new TypeError('Failed to fetch');
            return answer();
          }),
          verifiers: made.verifiers,
          offlineDays: () => 14,
          now: () => made.clock.now,
        },
        name,
        password,
      ),
  });
  const roles = ['site:3301020001', 'grade:senior'];
  const well: Answers = {
    _session: () => Response.json({ ok: true, name: 'anna', roles }),
    '/api/accounts/me': () => Response.json({ name: 'anna', display_name: '安娜' }),
  };

  it('goes by the server, and then works without it', async () => {
    const online = parts(well);
    expect(await online.login('anna', 'a')).toEqual({
      user: {
        name: 'anna',
        displayName: '安娜',
        roles,
        site: '3301020001',
        region: null,
        grade: 'senior',
        offline: false,
      },
    });
    const offline = parts({}, online);
    expect(await offline.login('anna', 'a')).toMatchObject({
      user: { displayName: '安娜', offline: true },
    });
    expect(await offline.login('anna', 'x')).toMatchObject({ reason: 'wrong_password' });
    expect(await offline.login('ben', 'b')).toMatchObject({ reason: 'unknown_offline' });
  });

  it.each([403, 429])('a server that waits after wrong passwords says so (%i)', async (status) => {
    const online = parts(well);
    await online.login('anna', 'a');
    const locked = parts({ _session: () => Response.json({ error: 'x' }, { status }) }, online);
    expect(await locked.login('anna', 'a')).toMatchObject({ reason: 'locked' });
    expect(online.verifiers.names()).toEqual(['anna']);
  });

  it('a refusal of the right password ends the offline login; a wrong one does not', async () => {
    const online = parts(well);
    await online.login('anna', 'a');
    const refusing = parts(
      { _session: () => Response.json({ error: 'unauthorized' }, { status: 401 }) },
      online,
    );
    expect(await refusing.login('anna', 'typo')).toMatchObject({ reason: 'wrong_password' });
    expect(online.verifiers.names()).toEqual(['anna']);
    expect(await refusing.login('anna', 'a')).toMatchObject({ reason: 'wrong_password' });
    expect(online.verifiers.names()).toEqual([]);
    expect(await parts({}, online).login('anna', 'a')).toMatchObject({ reason: 'unknown_offline' });
  });

  it.each([
    ['500', () => new Response('oops', { status: 500 })],
    ['garbage', () => new Response('<html>')],
    ['a strange answer', () => Response.json({})],
  ])('tells %s from a wrong password, and works offline then', async (_, answer) => {
    const failing = parts({ _session: answer });
    expect(await failing.login('anna', 'a')).toMatchObject({ reason: 'server_error' });
    const online = parts(well);
    await online.login('anna', 'a');
    const later = parts({ _session: answer }, online);
    expect(await later.login('anna', 'a')).toMatchObject({ user: { offline: true } });
  });

  it('is out at the next contact once the server does not let the account in any more', async () => {
    const online = parts({
      ...well,
      '/api/accounts/me': () => Response.json({ name: 'anna', ticket: 'a'.repeat(64) }),
    });
    await online.login('anna', 'a');
    await online.verifiers.remember('ben', 'b', roles, 'Ben', 'b'.repeat(64));
    await online.verifiers.remember('old', 'o', roles, 'Old');
    const asked: unknown[] = [];
    const server = (closed: unknown) =>
      createServer('', async (path, init) => {
        asked.push(path, JSON.parse(String(init?.body)));
        return Response.json({ closed });
      });
    const signal = new AbortController().signal;
    expect(await dropClosed(server([]), online.verifiers, signal)).toEqual([]);
    expect(asked).toEqual([
      '/api/accounts/standing',
      {
        accounts: [
          { name: 'anna', ticket: 'a'.repeat(64) },
          { name: 'ben', ticket: 'b'.repeat(64) },
        ],
      },
    ]);
    // What is no answer closes nobody.
    await expect(dropClosed(server('all'), online.verifiers, signal)).rejects.toThrow();
    expect(online.verifiers.names()).toHaveLength(3);
    online.clock.now += 13 * DAY;
    expect(await dropClosed(server(['ben']), online.verifiers, signal)).toEqual(['ben']);
    // Of the others the server was heard, whoever is logged in.
    online.clock.now += 13 * DAY;
    expect(await parts({}, online).login('ben', 'b')).toMatchObject({ reason: 'unknown_offline' });
    expect(await parts({}, online).login('anna', 'a')).toMatchObject({ user: { offline: true } });
  });

  it('needs a clinic or a region', async () => {
    const none = parts({ ...well, _session: () => Response.json({ name: 'anna', roles: [] }) });
    expect(await none.login('anna', 'a')).toMatchObject({ reason: 'no_role' });
    expect(userOf('c', '', ['region:330102', 'grade:admin'], false)).toMatchObject({
      region: '330102',
      site: null,
      grade: 'admin',
    });
  });
});
