/** Who works here, as the roles of the account say (docs/data-flow.md). */

export type Grade = 'ordinary' | 'senior' | 'admin';

export interface User {
  name: string;
  displayName: string;
  roles: string[];
  /** 接种单位编码 of the clinic; null for accounts of a region. */
  site: string | null;
  /** 行政区划代码; null for accounts of a clinic. */
  region: string | null;
  grade: Grade;
  /** Logged in without the server. */
  offline: boolean;
}

export type LoginResult =
  | { ok: true }
  | {
      ok: false;
      reason: /** Name or password is wrong. */
        | 'wrong_password'
        /** No server, and this account has never logged in on this device. */
        | 'unknown_offline'
        /** No server, and the last contact is longer ago than the clinic allows. */
        | 'too_long_offline'
        /** No server, and the device's clock is before its last contact. */
        | 'clock_wrong'
        /** Too many failures; `until` says when to try again. */
        | 'locked'
        /** The server answers, but fails. */
        | 'server_error'
        /** The account has neither a clinic nor a region. */
        | 'no_role';
      /** Instant, for `locked`. */
      until?: string;
    };

function roleValue(roles: readonly string[], prefix: string): string | null {
  return roles.find((role) => role.startsWith(prefix))?.slice(prefix.length) ?? null;
}

/** The user that roles describe, or null when they name neither a clinic nor a region. */
export function userOf(
  name: string,
  displayName: string,
  roles: readonly string[],
  offline: boolean,
): User | null {
  const site = roleValue(roles, 'site:');
  const region = roleValue(roles, 'region:');
  if (site === null && region === null) return null;
  const grade = roleValue(roles, 'grade:');
  return {
    name,
    displayName: displayName || name,
    roles: [...roles],
    site,
    region,
    grade: grade === 'admin' || grade === 'senior' ? grade : 'ordinary',
    offline,
  };
}
