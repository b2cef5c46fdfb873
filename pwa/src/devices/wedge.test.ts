import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardNumber, WedgeReader, type WedgeResult } from './wedge';

interface Typing {
  gap?: number;
  start?: number;
  editing?: boolean;
  ime?: boolean;
}

const CODES: Record<string, [string, boolean]> = {
  ';': ['Semicolon', false],
  '?': ['Slash', true],
  '=': ['Equal', false],
  '\n': ['Enter', false],
};

/** Sends each character of `text` as a key; the answers in order. */
function type(reader: WedgeReader, text: string, typing: Typing = {}): WedgeResult[] {
  const { gap = 5, start = 0, editing = false, ime = false } = typing;
  return [...text].map((char, i) => {
    const [code, shiftKey] = CODES[char] ?? [`Digit${char}`, false];
    const key = ime ? 'Process' : char === '\n' ? 'Enter' : char;
    return reader.key({ key, code, shiftKey, editing, time: start + i * gap });
  });
}

const kinds = (results: WedgeResult[]) => results.map((result) => result.kind);

describe('a card with sentinels', () => {
  it('is read, and none of its keys reach the page', () => {
    const results = type(new WedgeReader(), ';510402000120260001?\n');
    expect(results.at(-2)).toEqual({ kind: 'card', number: '510402000120260001' });
    expect(results.at(-1)).toEqual({ kind: 'swallow' });
    expect(kinds(results.slice(0, -2)).every((kind) => kind === 'swallow')).toBe(true);
  });

  it('is read while the cursor is in a field, and under a Chinese input method', () => {
    const results = type(new WedgeReader(), ';51040200?\n', { editing: true, ime: true });
    expect(results.at(-2)).toEqual({ kind: 'card', number: '51040200' });
  });

  it('has the number before the separator', () => {
    expect(type(new WedgeReader(), ';51040200=99?').at(-1)).toEqual({
      kind: 'card',
      number: '51040200',
    });
  });

  it.each([
    [';?', 'card.no_data'],
    [';123?', 'card.no_data'],
    [';12E456789?', 'card.bad_character'],
    [`;${'1'.repeat(38)}?`, 'card.too_long'],
    [';12345678\n', 'card.no_end'],
  ])('that is wrong (%s) says so: %s', (keys, code) => {
    expect(type(new WedgeReader(), keys).at(-1)).toEqual({ kind: 'error', code });
  });

  it('that stops in the middle is an error', () => {
    const reader = new WedgeReader();
    type(reader, ';1234');
    expect(reader.waiting).toBe(true);
    expect(reader.idle()).toEqual({ kind: 'error', code: 'card.no_end' });
    type(reader, ';1234', { start: 1000 });
    const next = reader.key({ key: 'a', code: 'KeyA', shiftKey: false, editing: true, time: 5000 });
    expect(next).toEqual({ kind: 'error', code: 'card.no_end' });
  });

  it('is read for any number of any allowed length', () => {
    const digits = fc.stringMatching(/^\d{6,37}$/);
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 30 }), fc.boolean(), (number, gap, editing) => {
        const results = type(new WedgeReader(), `;${number}?`, { gap, editing });
        expect(results.at(-1)).toEqual({ kind: 'card', number });
      }),
    );
  });
});

describe('a person', () => {
  it('types digits and Enter without being taken for a reader', () => {
    const results = type(new WedgeReader(), '13800001111\n', { gap: 120 });
    expect(kinds(results).every((kind) => kind === 'pass')).toBe(true);
  });

  it('gets a semicolon back', () => {
    const reader = new WedgeReader();
    const first = type(reader, ';', { editing: true });
    expect(kinds(first)).toEqual(['swallow']);
    expect(reader.idle()).toEqual({ kind: 'giveBack', text: ';' });
    type(reader, ';', { editing: true, start: 1000 });
    const next = reader.key({ key: 'a', code: 'KeyA', shiftKey: false, editing: true, time: 1200 });
    expect(next).toEqual({ kind: 'giveBack', text: ';' });
  });
});

describe('a barcode scanner', () => {
  it('is a card outside of fields', () => {
    expect(type(new WedgeReader(), '510402000120260001\n').at(-1)).toEqual({
      kind: 'card',
      number: '510402000120260001',
    });
  });

  it('types into a field like a person', () => {
    const results = type(new WedgeReader(), '510402000120260001\n', { editing: true });
    expect(kinds(results).every((kind) => kind === 'pass')).toBe(true);
  });
});

describe('cardNumber', () => {
  it('takes digits alone', () => {
    expect(cardNumber('510402')).toEqual({ number: '510402' });
    expect(cardNumber('51 0402')).toEqual({ code: 'card.bad_character' });
  });
});
