// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ref } from 'vue';
import { mount, settled } from '../../testing/mount.ts';
import type { JobShown } from '../models/api.ts';
import { asked } from '../ui/confirm.ts';
import ImportsPage from './ImportsPage.vue';
import { mappingOf, wideOf, withColumn } from './mapping.ts';

const there = ref(true);
vi.mock('../status/online', () => ({ useServerThere: () => there }));
vi.mock('../workspace/session', () => ({ useSession: () => ({ nameOf: (name: string) => name }) }));
vi.mock('../catalog/labels', () => ({
  useLabels: () => ({
    options: () => [{ code: '0202', label: '乙肝(酵母)' }],
    label: (_: string, code: string) => code,
    vaccineName: (code: string) => code,
  }),
}));

const COUNTS = { rows: 3, new: 1, matched: 0, doubt: 1, error: 1, children: 1, events: 2 };
const JOB: JobShown = {
  ...{
    id: '01K9A3Q6Z0000000000000000J',
    state: 'ready',
    file: '旧.csv',
    done: 0,
    total: 0,
    code: null,
  },
  before: null,
  mapping: {
    ...{ encoding: 'gbk', sheet: null, sheets: [], header_row: 1, epoch: null },
    headers: ['姓名', '乙肝1'],
    columns: { 姓名: 'child.name', 乙肝1: 'wide.0202.1.date' },
    ...{ presumed: ['乙肝1'], kind: 'child', words: {}, presumed_words: [], ignored: {} },
    examples: [['张三', '2024/1/5']],
  },
  counts: COUNTS,
  problems: { family: 1, 'two-digit-year': 1 },
  batch: null,
};
const PERSON = {
  ...{ id: null, row: 3, name: '孙大名', sex: 'M', birth_date: '2024-02-05', id_number: null },
  ...{
    child_code: null,
    mother_name: '孙妈妈',
    father_name: null,
    phone: null,
    doses: ['2024-02-06 0101'],
  },
};
const DOUBT = {
  ...{ row: 3, first: 3, outcome: 'doubt', adds: 0, person: PERSON },
  problems: [{ code: 'family', column: null, denial: null }],
  candidates: [{ ...PERSON, id: 'child:01K9A3Q6Z0000000000000000C', row: null, name: '孙某之子' }],
};
const BATCH = {
  ...{
    id: 'batch:01K9A3Q6Z0000000000000000B',
    file: '旧.csv',
    at: '2026-11-29T04:00:00.000Z',
    by: 's',
  },
  ...{ state: 'done', ...COUNTS, cases: 1, facts: 0 },
};

/** A server with one file; what it was asked to do. */
function server(): [string, unknown][] {
  const done: [string, unknown][] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const name = path.replace('/api/imports/', '');
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    if (init.method) done.push([name, body]);
    const isDone = done.some(([one]) => one === 'commit');
    const answers: Record<string, unknown> = {
      files: JOB,
      commit: { ...JOB, state: 'done', batch: BATCH.id },
      undo: { ...JOB, state: 'done', mapping: null, counts: null },
      preview: JOB,
      rows: { rows: body?.outcome === 'error' ? [] : [DOUBT], total: 1 },
      batches: { batches: isDone ? [BATCH] : [] },
    };
    return new Response(JSON.stringify(answers[name]));
  });
  return done;
}

async function chosen() {
  const page = await mount(ImportsPage, {});
  await settled();
  const field = page.get<HTMLInputElement>('import-file');
  Object.defineProperty(field, 'files', { value: [new File(['x'], '旧.csv')], configurable: true });
  field.dispatchEvent(new Event('change'));
  await settled();
  await settled();
  return page;
}

afterEach(() => {
  there.value = true;
  vi.unstubAllGlobals();
});

describe('an import', () => {
  it('is looked at, a doubt decided, and written after a yes alone', async () => {
    const done = server();
    const page = await chosen();
    expect(page.get('import-counts').textContent).toContain(
      '共 3 行：新建 1，已有 0，存疑 1，错误 1',
    );
    await page.click('import-filter-doubt');
    await settled();
    expect(page.text()).toContain('孙某之子');
    await page.click('import-same-3');
    await page.click('import-commit');
    asked.value?.answer(false);
    await settled();
    expect(done.some(([name]) => name === 'commit')).toBe(false);
    await page.click('import-commit');
    expect(asked.value?.title).toContain('旧.csv');
    asked.value?.answer(true);
    await settled();
    await settled();
    const [, body] = done.find(([name]) => name === 'commit') ?? [];
    expect(body).toEqual({ id: JOB.id, decisions: [{ row: 3, child: DOUBT.candidates[0]?.id }] });
    expect(page.text()).toContain('已写入');
    await page.click('import-undo');
    asked.value?.answer(true);
    await settled();
    expect(done.at(-1)?.[0]).toBe('undo');
  });

  it('is looked at again by another mapping before it can be written', async () => {
    const done = server();
    const page = await chosen();
    const field = page.get('import-columns').querySelectorAll('select')[0] as HTMLSelectElement;
    field.value = '';
    field.dispatchEvent(new Event('change'));
    await settled();
    expect(page.get<HTMLButtonElement>('import-commit').disabled).toBe(true);
    await page.click('import-look');
    await settled();
    const [, body] = done.find(([name]) => name === 'preview') ?? [];
    expect(body).toMatchObject({ mapping: { columns: { 乙肝1: 'wide.0202.1.date' } } });
  });

  it('needs the server, and says so', async () => {
    server();
    there.value = false;
    const page = await mount(ImportsPage, {});
    await settled();
    expect(page.get('imports-offline').textContent).toContain('需要服务器');
    expect(page.get<HTMLInputElement>('import-file').disabled).toBe(true);
  });
});

describe('a mapping', () => {
  it('is changed by columns', () => {
    const mapping = mappingOf(JOB.mapping as NonNullable<JobShown['mapping']>);
    expect(mapping).toMatchObject({ encoding: 'gbk', header_row: 1 });
    expect(wideOf(mapping.columns?.乙肝1 ?? '')).toEqual({
      vaccine: '0202',
      number: 1,
      part: 'date',
    });
    expect(withColumn(mapping, '姓名', '').columns).toEqual({ 乙肝1: 'wide.0202.1.date' });
  });
});
