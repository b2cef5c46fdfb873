// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { mount } from '../../testing/mount.ts';
import type { HistoryRow } from '../forecast/plan.ts';
import { createVerifiers } from '../workspace/verifier.ts';
import HistoryTable from './HistoryTable.vue';

const row = (id: string, by: string): HistoryRow =>
  ({
    id,
    dose: { kind: 'dose', origin: 'given', date: '2026-11-23', vaccine: '0402', site: 's', by },
    void: null,
    status: null,
    number: 1,
    reasons: [],
    groups: [],
    duplicate: false,
  }) as unknown as HistoryRow;

it('names vaccinators whom this device knows, and the others by their login', async () => {
  await createVerifiers(localStorage).remember('nurse1', 'a long password', ['site:s'], '王芳');
  const page = await mount(HistoryTable, {
    rows: [row('a', 'nurse1'), row('b', 'nurse2')],
    refused: new Map(),
  });
  expect(page.text()).toContain('王芳');
  expect(page.text()).not.toContain('nurse1');
  expect(page.text()).toContain('nurse2');
});
