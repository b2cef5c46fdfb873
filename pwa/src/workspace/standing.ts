/**
 * Who of this device's accounts is out (停用的账号). The device may have been away for days, and its
 * cookie may have run out: the tickets of its logins tell, without a password.
 */
import type { Closed } from '../models/api.ts';
import { type Server, SyncFault } from '../sync/server.ts';
import type { Verifiers } from './verifier.ts';

/**
 * Forgets the accounts that the server does not let in any more, and returns their names. Of the
 * others it has been heard, whoever is logged in.
 */
export async function dropClosed(
  server: Server,
  verifiers: Pick<Verifiers, 'tickets' | 'forget' | 'confirmed'>,
  signal: AbortSignal,
): Promise<string[]> {
  const accounts = verifiers.tickets();
  if (accounts.length === 0) return [];
  const answer = await server.json<Closed>('/api/accounts/standing', {
    method: 'POST',
    body: { accounts },
    signal,
  });
  if (!Array.isArray(answer?.closed)) {
    throw new SyncFault('server', 'The answer does not say who is out.', 200);
  }
  for (const { name } of accounts) {
    if (answer.closed.includes(name)) verifiers.forget(name);
    else verifiers.confirmed(name);
  }
  return answer.closed;
}
