// @vitest-environment happy-dom
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  attachWedge,
  cardNumber,
  MAX_GAP_MS,
  type Outcome,
  takeScan,
  type Verdict,
  WedgeReader,
} from './wedge';

interface Typing {
  gap?: number;
  start?: number;
  editing?: boolean;
  scans?: boolean;
  ime?: boolean;
}

const CODES: Record<string, [string, boolean]> = {
  ';': ['Semicolon', false],
  '?': ['Slash', true],
  '%': ['Digit5', true],
  '+': ['Equal', true],
  '=': ['Equal', false],
  '\n': ['Enter', false],
};

/** Sends each character of `text` as a key; the answers in order. */
function type(reader: WedgeReader, text: string, typing: Typing = {}): Verdict[] {
  const { gap = 5, start = 0, editing = false, scans = false, ime = false } = typing;
  return [...text].map((char, i) => {
    const [code, shiftKey] = CODES[char] ?? [/\d/.test(char) ? `Digit${char}` : '', false];
    const key = ime ? 'Process' : char === '\n' ? 'Enter' : char;
    return reader.key({ key, code, shiftKey, editing, scans, time: start + i * gap });
  });
}

/** What a text and the silence after it amount to. */
function heard(text: string, typing: Typing = {}): Outcome[] {
  const reader = new WedgeReader();
  const during = type(reader, text, typing).flatMap(({ outcomes }) => outcomes);
  return [...during, ...reader.idle()];
}

const swallowed = (verdicts: Verdict[]) => verdicts.map(({ swallow }) => swallow);
const CARD = '510402000120260001';
const TRACE = '81234567890123456789';

describe('a card with sentinels', () => {
  it('is read, and none of its keys reach the page', () => {
    const verdicts = type(new WedgeReader(), `;${CARD}?\n`);
    expect(verdicts.flatMap(({ outcomes }) => outcomes)).toEqual([{ kind: 'card', number: CARD }]);
    expect(swallowed(verdicts)).not.toContain(false);
  });

  it.each([
    ['slowly', { gap: 35 }],
    ['while the cursor is in a field', { editing: true }],
    ['in a field for scans', { editing: true, scans: true }],
    ['under a Chinese input method', { editing: true, ime: true }],
  ])('is read %s', (_, typing) => {
    expect(heard(`;${CARD}?\n`, typing)).toEqual([{ kind: 'card', number: CARD }]);
  });

  it.each([1, 20, 59])('is read when it comes %i ms after another one', (gap) => {
    const other = '510402000120260002';
    const cards = [CARD, other].map((number) => ({ kind: 'card', number }));
    expect(heard(`;${CARD}?\n;${other}?\n`, { gap })).toEqual(cards);
    expect(heard(`%B${CARD}?;${CARD}?+1?\n%B${other}?;${other}?\n\n`, { gap })).toEqual(cards);
    expect(heard(`${CARD}\n${other}\n`, { gap })).toEqual(cards);
  });

  it('is read with full-width signs', () => {
    const wide = [...CARD]
      .map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
      .join('');
    expect(heard(`；${CARD}？\n`, { editing: true })).toEqual([{ kind: 'card', number: CARD }]);
    expect(heard(`；${wide}？\n`)).toEqual([{ kind: 'card', number: CARD }]);
  });

  it('has the number before the separator', () => {
    expect(heard(';51040200=99?')).toEqual([{ kind: 'card', number: '51040200' }]);
  });

  it.each([
    `%B1234^A E/NURSE?;${CARD}?\n`,
    `%B1234^A E/NURSE?X;${CARD}?X\n`,
    `;${CARD}?+0123?\n`,
    `%E?;${CARD}?;0123456?\n`,
  ])('is one card with the tracks around it, and none of them is a command: %s', (keys) => {
    for (const editing of [false, true]) {
      const verdicts = type(new WedgeReader(), keys, { editing });
      expect(verdicts.flatMap(({ outcomes }) => outcomes)).toEqual([
        { kind: 'card', number: CARD },
      ]);
      expect(swallowed(verdicts)).not.toContain(false);
    }
  });

  it.each([
    [';?', 'card.no_data'],
    [';123?', 'card.too_short'],
    [';12E456789?', 'card.bad_character'],
    [`;${'1'.repeat(38)}?`, 'card.too_long'],
    [';12345678\n', 'card.no_end'],
    [';12345678', 'card.no_end'],
    ['%B1234^A?', 'card.no_start'],
    ['%B1234^A?\n', 'card.no_start'],
    ['%B1234^A\n', 'card.no_end'],
  ])('that is wrong (%s) says so: %s', (keys, code) => {
    expect(heard(keys)).toEqual([{ kind: 'error', code }]);
  });

  it('that stops in the middle is an error before the next key', () => {
    const reader = new WedgeReader();
    type(reader, ';1234');
    const [next] = type(reader, 'a', { start: 5000, editing: true });
    expect(next).toEqual({ swallow: false, outcomes: [{ kind: 'error', code: 'card.no_end' }] });
  });

  it('is read for any number of any allowed length', () => {
    const digits = fc.stringMatching(/^\d{6,37}$/);
    const gaps = fc.integer({ min: 0, max: MAX_GAP_MS });
    fc.assert(
      fc.property(digits, gaps, fc.boolean(), (number, gap, editing) => {
        expect(heard(`;${number}?`, { gap, editing })).toEqual([{ kind: 'card', number }]);
      }),
    );
  });
});

describe('a scanner', () => {
  it.each([{ editing: false }, { editing: true }])('is a card anywhere (%o)', (typing) => {
    const verdicts = type(new WedgeReader(), `${CARD}\n`, { gap: 35, ...typing });
    expect(verdicts.flatMap(({ outcomes }) => outcomes)).toEqual([{ kind: 'card', number: CARD }]);
    expect(verdicts.at(-1)?.swallow).toBe(true);
  });

  it('is a trace code with twenty digits, and not a card', () => {
    for (const editing of [false, true]) {
      expect(heard(`${TRACE}\n`, { editing })).toEqual([{ kind: 'trace', code: TRACE }]);
    }
    expect(heard(`;${TRACE}?`)).toEqual([{ kind: 'card', number: TRACE }]);
  });

  it('needs no Enter outside of fields', () => {
    expect(heard(CARD)).toEqual([{ kind: 'card', number: CARD }]);
    expect(heard(TRACE)).toEqual([{ kind: 'trace', code: TRACE }]);
  });

  it('types into a field that is for it', () => {
    const verdicts = type(new WedgeReader(), `${TRACE}\n`, { editing: true, scans: true });
    expect(verdicts).toEqual(verdicts.map(() => ({ swallow: false, outcomes: [] })));
  });

  it('is no command, whatever it sends', () => {
    const signs = fc.stringMatching(/^[0-9a-zA-Z./=+:<>()-]{4,40}$/);
    fc.assert(
      fc.property(signs, fc.integer({ min: 0, max: MAX_GAP_MS }), (text, gap) => {
        const verdicts = type(new WedgeReader(), `${text}\n`, { gap });
        expect(swallowed(verdicts)).not.toContain(false);
        const outcomes = verdicts.flatMap((verdict) => verdict.outcomes);
        expect(outcomes.map(({ kind }) => kind)).not.toContain('typed');
        expect(outcomes).toHaveLength(1);
      }),
    );
  });
});

describe('a person', () => {
  it('types digits and Enter in a field without being taken for a reader', () => {
    const verdicts = type(new WedgeReader(), '13800001111\n', { gap: 90, editing: true });
    expect(verdicts).toEqual(verdicts.map(() => ({ swallow: false, outcomes: [] })));
  });

  it('presses keys that are commands, one by one or rolled', () => {
    const signs = fc.stringMatching(/^[a-z0-9/;%]{1,30}$/);
    fc.assert(
      fc.property(signs, fc.integer({ min: MAX_GAP_MS + 1, max: 500 }), (text, gap) => {
        const given = heard(text, { gap }).map((one) => (one.kind === 'typed' ? one.text : '!'));
        expect(given.join('')).toBe(text);
      }),
    );
    expect(heard('nb', { gap: 40 })).toEqual([{ kind: 'typed', text: 'nb' }]);
  });

  it('gets a sentinel back that is only a sign', () => {
    const typed = (text: string) => [{ kind: 'typed', text }];
    expect(heard(';', { editing: true })).toEqual(typed(';'));
    expect(heard('%', { editing: true })).toEqual(typed('%'));
    const reader = new WedgeReader();
    type(reader, ';', { editing: true });
    const [next] = type(reader, 'a', { start: 200, editing: true });
    expect(next).toEqual({ swallow: false, outcomes: typed(';') });
  });

  it('may hold a key down', () => {
    const reader = new WedgeReader();
    for (let i = 0; i < 20; i += 1) {
      const key = { key: '0', code: 'Digit0', shiftKey: false, editing: true, time: i * 30 };
      expect(reader.key({ ...key, repeat: i > 0 }).outcomes).toEqual([]);
    }
    const enter = { key: 'Enter', code: 'Enter', shiftKey: false, editing: true, time: 620 };
    expect(reader.key(enter).swallow).toBe(false);
  });

  it('presses the button that has the focus by the space bar', () => {
    const [space] = type(new WedgeReader(), ' ');
    expect(space).toEqual({ swallow: false, outcomes: [] });
  });
});

describe('the window', () => {
  const cards: string[] = [];
  const traces: string[] = [];
  const errors: string[] = [];
  const commands: string[] = [];
  let stop: () => void;
  let field: HTMLInputElement;

  /** A key as the browser tells it; what a field has of it is put in by hand. */
  function press(target: HTMLElement, key: string, init: KeyboardEventInit = {}): boolean {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
    const goes = target.dispatchEvent(event);
    if (goes && target === field && key.length === 1) insert(key);
    vi.advanceTimersByTime(5);
    return goes;
  }

  function insert(text: string): void {
    field.value += text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }

  function command(event: KeyboardEvent): void {
    if (event.target === document.body) commands.push(event.key);
  }

  beforeEach(() => {
    vi.useFakeTimers();
    for (const list of [cards, traces, errors, commands]) list.length = 0;
    document.body.innerHTML = '<input id="field" value="36." />';
    field = document.querySelector('#field') as HTMLInputElement;
    stop = attachWedge(
      {
        card: (number) => cards.push(number),
        trace: (code) => traces.push(code),
        error: (code) => errors.push(code),
      },
      (target) => target === field,
    );
    window.addEventListener('keydown', command);
  });
  afterEach(() => {
    stop();
    window.removeEventListener('keydown', command);
    vi.useRealTimers();
  });

  it('takes a card out of the field that it was typed into', () => {
    field.focus();
    for (const key of CARD) press(field, key);
    expect(field.value).toBe(`36.${CARD}`);
    expect(press(field, 'Enter')).toBe(false);
    expect(field.value).toBe('36.');
    expect(cards).toEqual([CARD]);
  });

  it('takes out what an input method makes of it a moment later', () => {
    field.focus();
    press(field, 'Process', { code: 'Semicolon' });
    insert('；');
    for (const key of CARD) press(field, key);
    press(field, 'Process', { code: 'Slash', shiftKey: true });
    insert('？');
    press(field, 'Enter', { code: 'Enter' });
    vi.advanceTimersByTime(MAX_GAP_MS * 2);
    expect(cards).toEqual([CARD]);
    expect(field.value).toBe('36.');
  });

  it('hears keys that only say what they are by their text', () => {
    field.focus();
    for (const data of `;${CARD}?`) {
      press(field, 'Unidentified');
      const text = { data, inputType: 'insertText', bubbles: true, cancelable: true };
      if (field.dispatchEvent(new InputEvent('beforeinput', text))) insert(data);
    }
    press(field, 'Enter');
    vi.advanceTimersByTime(MAX_GAP_MS * 2);
    expect(cards).toEqual([CARD]);
    expect(field.value).toBe('36.');
  });

  it('gives a command to the page when no other key follows', () => {
    press(document.body, 'n');
    expect(commands).toEqual([]);
    vi.advanceTimersByTime(MAX_GAP_MS * 2);
    expect(commands).toEqual(['n']);
  });

  it('gives nothing of a machine to the page', () => {
    for (const key of '%B1^AEFI?') press(document.body, key);
    vi.advanceTimersByTime(MAX_GAP_MS * 2);
    expect(commands).toEqual([]);
    expect(errors).toEqual(['card.no_start']);
  });

  it('tells a trace code as one', () => {
    for (const key of `${TRACE}`) press(document.body, key);
    press(document.body, 'Enter');
    expect(traces).toEqual([TRACE]);
  });
});

describe('a scanner at a serial line', () => {
  const heard: string[] = [];
  const handlers = {
    card: (number: string) => heard.push(`card ${number}`),
    trace: (code: string) => heard.push(`trace ${code}`),
    error: (code: string) => heard.push(code),
  };
  beforeEach(() => {
    vi.useFakeTimers();
    heard.length = 0;
  });
  afterEach(() => void vi.useRealTimers());

  it('tells a trace code from a card, wherever the cursor is', () => {
    for (const type of ['text', 'number', 'password']) {
      document.body.innerHTML = `<input type="${type}" />`;
      document.querySelector('input')?.focus();
      takeScan(TRACE, handlers);
      takeScan(CARD, handlers);
      takeScan('ABC-1', handlers);
      expect(heard.splice(0)).toEqual([`trace ${TRACE}`, `card ${CARD}`, 'card.bad_character']);
      expect(document.querySelector('input')?.value).toBe('');
    }
  });

  it('types into a field that is for it, and Enter', () => {
    document.body.innerHTML = '<input data-scan value="" />';
    const field = document.querySelector('input') as HTMLInputElement;
    field.addEventListener('keydown', ({ key }) => heard.push(`${key} after ${field.value}`));
    field.focus();
    takeScan(TRACE, handlers);
    vi.runAllTimers();
    expect(heard).toEqual([`Enter after ${TRACE}`]);
  });
});

describe('any way of typing', () => {
  const wide = (text: string) =>
    text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
  const digits = fc.stringMatching(/^\d{6,37}$/).filter((text) => text.length !== 20);
  const gaps = fc.array(fc.integer({ min: 0, max: MAX_GAP_MS }), { minLength: 45, maxLength: 45 });

  /** The keys of a text, each after its own pause. */
  function uneven(text: string, pauses: readonly number[], editing: boolean): Outcome[] {
    const reader = new WedgeReader();
    let time = 0;
    const outcomes: Outcome[] = [];
    for (const [i, char] of [...text].entries()) {
      time += pauses[i] ?? 0;
      const key = char === '\n' ? 'Enter' : char;
      outcomes.push(...reader.key({ key, code: '', shiftKey: false, editing, time }).outcomes);
    }
    return [...outcomes, ...reader.idle()];
  }

  it('a card is a card, with sentinels or bare, full-width or not, evenly or not', () => {
    fc.assert(
      fc.property(
        digits,
        gaps,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (number, pauses, ...how) => {
          const [editing, full, sentinels] = how;
          const text = sentinels ? `;${number}?` : number;
          const keys = `${full ? wide(text) : text}\n`;
          expect(uneven(keys, pauses, editing)).toEqual([{ kind: 'card', number }]);
        },
      ),
    );
  });

  it('twenty bare digits are a trace code, full-width or not', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{20}$/),
        gaps,
        fc.boolean(),
        fc.boolean(),
        (code, pauses, editing, full) => {
          const keys = `${full ? wide(code) : code}\n`;
          expect(uneven(keys, pauses, editing)).toEqual([{ kind: 'trace', code }]);
        },
      ),
    );
  });

  it('one pause that a machine never makes, anywhere, and a bare number in a field is typed', () => {
    fc.assert(
      fc.property(digits, gaps, fc.nat({ max: 5 }), (number, pauses, at) => {
        // Fewer digits than a card has stand before it or behind it.
        const slow = pauses.with(number.length - at, MAX_GAP_MS + 1);
        const heardOf = uneven(`${number.slice(0, number.length)}\n`, slow, true);
        expect(heardOf.filter(({ kind }) => kind === 'card')).toEqual([]);
      }),
    );
  });
});

describe('cardNumber', () => {
  it('takes digits alone', () => {
    expect(cardNumber('510402')).toEqual({ number: '510402' });
    expect(cardNumber('51 0402')).toEqual({ code: 'card.bad_character' });
    expect(cardNumber('')).toEqual({ code: 'card.no_data' });
    expect(cardNumber('51040')).toEqual({ code: 'card.too_short' });
  });
});
