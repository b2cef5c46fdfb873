/** What an account may do, for the screens: the databases enforce it (docs/who-may-do-what.md). */

import type { User } from './user.ts';

type Who = Pick<User, 'name' | 'grade'> | null;

/** 高级用户 or 高级管理员: counts and throws away stock, voids what others recorded, sets up. */
export function isSenior(user: Who): boolean {
  return user !== null && user.grade !== 'ordinary';
}

/** Whether `user` may void what `by` recorded. */
export function mayVoid(user: Who, by: string): boolean {
  return user !== null && (user.name === by || isSenior(user));
}
