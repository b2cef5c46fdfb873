// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from 'vitest';
import { defineComponent, ref } from 'vue';
import { mount, settled } from '../../testing/mount.ts';
import { BridgeError } from '../devices/bridge-client';
import { BROWSER, choosePrinter } from './printers';
import { type Printed, type Sheet, sheet, usePrint } from './usePrint';

const bridge = vi.hoisted(() => ({ print: vi.fn(), job: vi.fn() }));
vi.mock('../devices/bridge', () => ({
  useBridge: () => ({ state: ref('connected'), ...bridge }),
}));

const what: Sheet = {
  template: 'notice',
  data: {
    clinic: { name: 'C' },
    child: { name: '王苗苗', code: '1', birth_date: '2026-01-01' },
    given_on: '2026-11-23',
  },
};

/** Prints, and what is said of it. */
async function print(): Promise<[Printed, string]> {
  let run: () => Promise<Printed> = async () => 'failed';
  const page = await mount(
    defineComponent({
      setup() {
        const { print } = usePrint();
        run = () => print(what);
        return () => null;
      },
    }),
    {},
  );
  const came = await run();
  await settled();
  return [came, page.text()];
}

beforeEach(() => {
  localStorage.clear();
  sheet.value = null;
  document.body.replaceChildren();
  bridge.print.mockReset();
});

it('never calls a file printed', async () => {
  bridge.print.mockResolvedValue({ state: 'done', paper: false, printer: 'pdf', fields: [] });
  const [came, said] = await print();
  expect(came).toBe('saved');
  expect(said).toContain('没有打印到纸上');
});

it('sends the form to the printer that was chosen for it', async () => {
  choosePrinter('notice', 'office');
  bridge.print.mockResolvedValue({ state: 'done', paper: true, printer: 'office', fields: [] });
  const [came, said] = await print();
  expect(bridge.print.mock.calls[0]?.[0]).toMatchObject({ template: 'notice', printer: 'office' });
  expect(came).toBe('printed');
  expect(said).toContain('已打印（office）');
});

it('prints with the browser where that was chosen', async () => {
  choosePrinter('notice', BROWSER);
  expect((await print())[0]).toBe('browser');
  expect(sheet.value).toEqual(what);
  expect(bridge.print).not.toHaveBeenCalled();
});

it('says which form and which field, in words, and never what stands there', async () => {
  bridge.print.mockRejectedValue(
    new BridgeError(
      'print.no_glyph',
      { zh: '本机没有含此字的字库', en: 'No font' },
      {
        fields: [
          { field: 'data.child.name', reason: 'x' },
          { field: 'data.given.2.lot', reason: 'x' },
        ],
      },
    ),
  );
  const [came, said] = await print();
  expect(came).toBe('failed');
  expect(said).toContain('接种告知及预约通知单没有打印成功');
  expect(said).toContain('姓名、第 3 行批号');
  expect(said).not.toContain('王苗苗');
});

it('waits for the printer, and takes nothing for printed that it did not take', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 500 });
  try {
    const job = { id: 'j', state: 'printing', paper: true, printer: 'passbook', fields: [] };
    bridge.print.mockResolvedValue(job);
    bridge.job
      .mockResolvedValueOnce(job)
      .mockResolvedValueOnce({ ...job, state: 'failed', reason: 'printer.paper_ended' });
    const [came, said] = await print();
    expect(came).toBe('failed');
    expect(said).toContain('没有打印成功');
  } finally {
    vi.useRealTimers();
  }
});
