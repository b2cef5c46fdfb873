// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { mount } from '../../testing/mount.ts';
import type { Forecast, TrailStep } from '../schedule/types.ts';
import { dayOf } from '../ui/format.ts';
import TrailDialog from './TrailDialog.vue';

const step = (rule: string, outcome: TrailStep['outcome'], more: Partial<TrailStep> = {}) => ({
  rule,
  outcome,
  antigen: 'Polio',
  series: 'sIPV ×4',
  ...more,
});
const forecast = {
  doses: [],
  groups: [
    {
      vaccineGroup: 'Polio',
      status: 'notComplete',
      earliest: null,
      recommended: null,
      pastDue: null,
      latest: dayOf('2044-05-11'),
      reasons: [],
      vaccines: [],
      antigens: [{ antigen: 'Polio' }],
    },
  ],
  trail: [
    step('5.1', 'relevant'),
    step('6.5, 6.6', 'longEnough'),
    step('5.1', 'relevant', { series: 'bOPV ×4' }),
    step('8.8', 'best'),
  ],
} as unknown as Forecast;

it('tells each series by its name once, its rules in words, its dates in full', async () => {
  const page = await mount(TrailDialog, { group: 'Polio', forecast });
  const blocks = [...page.get('trail').querySelectorAll('section')].map((one) =>
    (one.textContent ?? '').replace(/\s+/g, ' ').trim(),
  );
  expect(blocks).toHaveLength(2);
  expect(blocks[0]).toContain('sIPV ×4');
  expect(blocks[0]).toContain('与前剂间隔');
  expect(blocks[1]).toContain('bOPV ×4');
  expect(page.text()).toContain('最晚可种2044-05-11');
  expect(page.text()).not.toMatch(/\b[5-8]\.\d/);
});

it('stands in a section, so that the header of the page is its one banner', async () => {
  const page = await mount(TrailDialog, { group: 'Polio', forecast });
  expect(page.get('trail').closest('[role=dialog]')?.querySelector('header')).not.toBeNull();
  expect(page.get('trail').closest('section')).toBe(page.get('dialogs'));
});
