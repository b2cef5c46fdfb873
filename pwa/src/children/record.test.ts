import { describe, expect, it } from 'vitest';
import { emptyForm, eventOf, missing, RECORD_KINDS } from './record';

const today = '2026-11-23';

describe('missing', () => {
  it('names what a form still needs', () => {
    const form = emptyForm(today);
    expect(missing('history', form)).toEqual(['vaccine']);
    expect(missing('card', form)).toEqual(['card']);
    expect(missing('void', form)).toEqual(['target', 'code']);
    expect(missing('refusal', { ...form, vaccine: '0402', code: 'worried' })).toEqual([]);
  });
});

describe('eventOf', () => {
  it('copies a dose from a certificate without empty fields', () => {
    const form = { ...emptyForm(today), vaccine: '0402', number: '2', lot: ' A1 ' };
    expect(eventOf('history', form)).toEqual({
      kind: 'dose',
      origin: 'history',
      date: today,
      vaccine: '0402',
      number: 2,
      lot: 'A1',
      self_paid: false,
    });
  });

  it('makes the other records', () => {
    const form = { ...emptyForm(today), code: 'fever', vaccine: '1201', until: '2026-12-01' };
    expect(eventOf('contraindication', form)).toEqual({
      kind: 'contraindication',
      date: today,
      code: 'fever',
      vaccine: '1201',
      until: '2026-12-01',
    });
    expect(eventOf('card', { ...form, card: '510402', cardState: 'lost' })).toEqual({
      kind: 'card',
      number: '510402',
      state: 'lost',
    });
    const target = '01JD0000000000000000000000';
    expect(eventOf('void', { ...form, target, note: 'typed twice' })).toEqual({
      kind: 'void',
      target,
      reason: 'fever',
      note: 'typed twice',
    });
  });

  it('never writes an empty text', () => {
    for (const kind of RECORD_KINDS) {
      const event = eventOf(kind, {
        ...emptyForm(today),
        target: 'x',
        code: 'y',
      });
      const optional = Object.entries(event).filter(
        ([name]) => !['vaccine', 'number'].includes(name),
      );
      for (const [, value] of optional) expect(value).not.toBe('');
    }
  });
});
