// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { computed, nextTick } from 'vue';
import catalog from '../../../backend/miaopu/catalog/vaccines.json';
import { mount, settled } from '../../testing/mount.ts';
import PaperCardsPage from './PaperCardsPage.vue';

const VACCINES = Object.fromEntries(
  Object.entries(catalog as Record<string, { zh: string; en: string }>).map(
    ([code, { zh, en, ...more }]) => [code, { zh, en, more }],
  ),
);
const known = vi.hoisted(() => ({ rows: [] as object[], child: null as object | null }));
const register = vi.fn(async (_: object) => ({ _id: 'child:1' }));
const addEvents = vi.fn(async (_: string, __: object[]) => ({}));
const record = vi.fn(async (_: string, __: object[], ___: object) => ({}));

vi.mock('../workspace/useChildren', () => ({
  useChildren: () => ({
    get: async () => known.child,
    rows: () => known.rows,
    version: { value: 0 },
  }),
  useRepository: () => ({ register, addEvents, record }),
}));
vi.mock('../workspace/session', () => ({
  useSession: () => ({ user: computed(() => ({ displayName: '某护士' })) }),
}));
vi.mock('../catalog', () => ({ useCatalog: () => ({ entries: () => VACCINES }) }));
vi.mock('../catalog/labels', () => ({
  useLabels: () => ({ vaccineName: (code: string) => VACCINES[code]?.zh ?? code }),
}));
vi.mock('../clock/useClock', () => ({ useClock: () => ({ today: () => '2026-11-29' }) }));

let keys = 0;

/** One key more. */
async function press(key: string, init: KeyboardEventInit = {}): Promise<void> {
  keys += 1 + Number(init.ctrlKey ?? false) + Number(init.altKey ?? false);
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  (document.activeElement ?? document.body).dispatchEvent(event);
  await nextTick();
  await nextTick();
}

/** Types into whatever has the focus; of Chinese the letters of its pinyin are counted, and a space. */
async function type(text: string, letters = text): Promise<void> {
  keys += letters.length;
  const field = document.activeElement as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await nextTick();
}

async function enter(text: string, letters = text): Promise<void> {
  if (text) await type(text, letters);
  await press('Enter');
}

async function head(): Promise<void> {
  await enter('张晓明', 'zhangxiaoming ');
  await enter('1');
  await enter('240105');
  await enter('李秀兰', 'lixiulan ');
  await enter('15412345678');
  await enter('');
}

async function line(vaccine: string, date: string, lot = ''): Promise<void> {
  await enter(vaccine);
  await enter(date);
  await enter(lot);
}

beforeEach(() => {
  keys = 0;
  known.rows = [];
  known.child = null;
  vi.clearAllMocks();
});

async function opened() {
  const page = await mount(PaperCardsPage, {});
  // The dictionary of pinyin is loaded meanwhile.
  await vi.waitFor(() => expect(document.activeElement?.id).toBe('paper-name'));
  await import('../workspace/pinyin.ts').then(({ loadPinyin }) => loadPinyin());
  await settled();
  return page;
}

describe('a card with twelve doses', () => {
  it('takes at most 180 keys: a minute at three a second', async () => {
    const page = await opened();
    await head();
    await line('kjm', '0105', '20231101');
    await line('0202', '0105', 'B2023');
    await line('', '0206', '=');
    await line('', '0710');
    await line('ipv', '0310');
    await line('', '0412');
    await line('bopv', '0515');
    await line('bbp', '0310');
    await line('', '0515');
    await line('', '0710');
    await line('mmr', '0910');
    await line('jel', '0910');
    await press('Enter', { ctrlKey: true });
    await settled();
    expect(page.text()).toContain('已保存，12 剂');
    expect(keys).toBeLessThanOrEqual(180);
    expect(register.mock.lastCall?.[0]).toMatchObject({
      ...{ name: '张晓明', sex: 'M', birth_date: '2024-01-05', mother_name: '李秀兰' },
      phone: '15412345678',
    });
    const events = addEvents.mock.lastCall?.[1] as {
      vaccine: string;
      number: number;
      date: string;
      lot?: string;
    }[];
    expect(events.map(({ vaccine, number, date }) => `${vaccine} ${number} ${date}`)).toEqual([
      '0101 1 2024-01-05',
      '0202 1 2024-01-05',
      '0202 2 2024-02-06',
      '0202 3 2024-07-10',
      '0303 1 2024-03-10',
      '0303 2 2024-04-12',
      '0311 3 2024-05-15',
      '0402 1 2024-03-10',
      '0402 2 2024-05-15',
      '0402 3 2024-07-10',
      '1201 1 2024-09-10',
      '1801 1 2024-09-10',
    ]);
    expect(events[2]?.lot).toBe('B2023');
    expect(page.get<HTMLInputElement>('paper-name').value).toBe('');
  });
});

describe('a card that is not right', () => {
  it('is not saved, and the cursor goes to what is wrong', async () => {
    const page = await opened();
    await head();
    await line('kjm', '0230');
    await press('Enter', { ctrlKey: true });
    await settled();
    expect(register).not.toHaveBeenCalled();
    expect(page.get('paper-wrong-0').textContent).toContain('不是日期');
    expect(document.activeElement?.getAttribute('data-testid')).toBe('paper-0-date');
  });
});

describe('a child whom the clinic may have', () => {
  it('is chosen first, and gets what it lacks', async () => {
    known.rows = [
      {
        id: 'child:7',
        name: '张晓明',
        birthDate: '2024-01-05',
        mother: '李秀兰',
        phone: null,
        sex: 'M',
        idNumber: null,
      },
    ];
    const dose = { kind: 'dose', date: '2024-01-05', vaccine: '0101', at: '' };
    const name = { value: '张晓明', at: '', by: '' };
    known.child = { _id: 'child:7', type: 'child', facts: { name }, events: { a: dose } };
    const page = await opened();
    await head();
    await line('kjm', '0105');
    await line('0202', '0105');
    await press('Enter', { ctrlKey: true });
    await settled();
    expect(page.text()).toContain('先选定是哪个儿童');
    expect(record).not.toHaveBeenCalled();
    await press('1', { altKey: true });
    await press('Enter', { ctrlKey: true });
    await settled();
    expect(register).not.toHaveBeenCalled();
    const [id, events, facts] = record.mock.lastCall ?? [];
    expect(id).toBe('child:7');
    expect(events).toEqual([
      { kind: 'dose', date: '2024-01-05', vaccine: '0202', origin: 'history', number: 1 },
    ]);
    expect(facts).not.toHaveProperty('name');
    expect(facts).toHaveProperty('phone', '15412345678');
  });
});

describe('a sample that is typed again', () => {
  it('is compared, and its error rate shown and printed', async () => {
    window.print = vi.fn();
    const page = await opened();
    await head();
    await line('kjm', '0105');
    await press('Enter', { ctrlKey: true });
    await settled();
    await page.click('papercards-again');
    await settled();
    expect(page.text()).toContain('再录第 1 张卡');
    page.get('paper-name').focus();
    await head();
    await line('kjm', '0106');
    await press('Enter', { ctrlKey: true });
    await settled();
    expect(page.get('papercards-rate').textContent).toContain('14.29%');
    expect(register).toHaveBeenCalledOnce();
    await page.click('papercards-print');
    await vi.waitFor(() => expect(window.print).toHaveBeenCalledOnce());
  });
});
