// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { ref } from 'vue';
import { mount } from '../../testing/mount.ts';
import type { PrinterShown } from '../devices/generated.ts';
import PrinterChoice from './PrinterChoice.vue';
import { chosenPrinter } from './printers';

const bridge = vi.hoisted(() => ({ state: { value: 'connected' }, printers: [] as unknown[] }));
vi.mock('../devices/bridge', () => ({
  useBridge: () => ({ state: ref(bridge.state.value), printers: async () => bridge.printers }),
}));

const printer = (id: string, more: Partial<PrinterShown>) => ({
  id,
  driver: 'cups',
  kind: 'printer',
  state: 'ready',
  reason: '',
  templates: ['notice', 'certificate-page'],
  paper: true,
  booklet: false,
  calibration: null,
  code: '',
  message: null,
  takes: [],
  ...more,
});

beforeEach(() => {
  localStorage.clear();
  bridge.printers = [
    printer('office', {}),
    printer('passbook', { templates: ['certificate-page'], booklet: true }),
    printer('pdf', { paper: false }),
  ];
});

const options = (field: HTMLElement) =>
  [...field.querySelectorAll('option')].map((option) => option.textContent?.trim());

it('offers each form the printers that print it, and says which makes a file only', async () => {
  const page = await mount(PrinterChoice, {});
  expect(options(page.get('printer-notice'))).toEqual([
    '自动（优先用专用打印机）',
    'office',
    'pdf（只存 PDF 文件，不出纸）',
    '浏览器打印',
  ]);
  expect(options(page.get('printer-booklet'))).toContain('passbook');
  expect(options(page.get('printer-certificate'))).not.toContain('passbook');
});

it('keeps what was chosen, and shows it when the printer is not there', async () => {
  const page = await mount(PrinterChoice, {});
  await page.fill('printer-booklet', 'passbook');
  expect(chosenPrinter('booklet')).toBe('passbook');
  bridge.printers = [];
  const later = await mount(PrinterChoice, {});
  expect(later.text()).toContain('passbook（没有接上）');
});
