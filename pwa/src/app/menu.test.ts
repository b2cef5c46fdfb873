import { expect, it } from 'vitest';
import { menuOf, type Viewer } from './menu.ts';

const nobody: Viewer = {
  atClinic: false,
  inRegion: false,
  isSenior: false,
  isAdmin: false,
  paying: false,
};

it('no key of the menu opens two pages, whoever looks', () => {
  for (const place of [{ atClinic: true }, { inRegion: true }]) {
    const all = { ...nobody, isSenior: true, isAdmin: true, ...place };
    const items = menuOf({ ...all, paying: all.atClinic }).flat();
    const keys = items.map(({ key }) => key);
    expect(keys.filter((key, n) => keys.indexOf(key) !== n)).toEqual([]);
    expect(items.length).toBeGreaterThan(5);
  }
});

it('shows money to those who take it, imports to seniors, accounts to administrators', () => {
  const names = (viewer: Partial<Viewer>) =>
    menuOf({ ...nobody, ...viewer }).flatMap((group) => group.map(({ name }) => name));
  expect(names({ atClinic: true })).not.toContain('payment');
  expect(names({ atClinic: true, paying: true })).toContain('payment');
  expect(names({ atClinic: true })).not.toContain('imports');
  expect(names({ atClinic: true, isSenior: true })).toContain('imports');
  expect(names({ inRegion: true })).not.toContain('accounts');
  expect(names({ inRegion: true, isAdmin: true })).toContain('audit');
});
