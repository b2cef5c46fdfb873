import { describe, expect, it } from 'vitest';
import { ACCOUNT_FAULTS, AccountFault, createAccounts } from './manage';
import en from './words.en.json';
import zh from './words.zh.json';

function answering(status: number, body: string) {
  const calls: { input: string; init: RequestInit | undefined }[] = [];
  const accounts = createAccounts(async (input, init) => {
    calls.push({ input, init });
    return new Response(status === 204 ? null : body, { status });
  });
  return { accounts, calls };
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AccountFault ? error.code : error),
  );

describe('managing accounts', () => {
  it('asks the server, and shows a drawn password', async () => {
    const made = { account: { name: 'a' }, password: 'drawn' };
    const { accounts, calls } = answering(201, JSON.stringify(made));
    const given = { name: 'a', display_name: 'A', grade: 'ordinary' as const };
    expect(await accounts.add(given)).toEqual(made);
    expect(calls[0]?.input).toBe('/api/accounts');
    expect(JSON.parse(String(calls[0]?.init?.body))).toEqual(given);
  });

  it('never puts a password in an address', async () => {
    const { accounts, calls } = answering(204, '');
    await accounts.ownPassword('old secret', 'new secret');
    expect(calls[0]?.input).toBe('/api/accounts/me/password');
  });

  it.each([
    [422, '{"detail":{"code":"password.short","message":"…"}}', 'short'],
    [403, '{"detail":{"code":"password.old","message":"…"}}', 'old'],
    [401, '{"detail":"log in first"}', 'login'],
    [403, '{"detail":"no"}', 'forbidden'],
    [422, '{"detail":[]}', 'invalid'],
    [429, '{}', 'tooMany'],
    [503, '{}', 'server'],
    [502, '<html>', 'server'],
  ])('says what is wrong: %i %s', async (status, body, said) => {
    const { accounts } = answering(status, body);
    expect(await code(accounts.ownPassword('a', 'b'))).toBe(said);
  });

  it('tells a name that is taken from rights that are one’s own', async () => {
    const { accounts } = answering(409, '{"detail":"…"}');
    expect(await code(accounts.add({ name: 'a', display_name: 'A', grade: 'admin' }))).toBe(
      'exists',
    );
    expect(await code(accounts.change('a', { disabled: true }))).toBe('ownRights');
  });

  it('says that there is no network', async () => {
    const accounts = createAccounts(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await code(accounts.list())).toBe('offline');
  });

  it('has words for each fault', () => {
    for (const fault of ACCOUNT_FAULTS) {
      expect(zh.accounts.fault[fault]).toBeTruthy();
      expect(en.accounts.fault[fault]).toBeTruthy();
    }
  });
});
