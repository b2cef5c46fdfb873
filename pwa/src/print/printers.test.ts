// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import type { PrinterShown } from '../devices/generated.ts';
import {
  BROWSER,
  choosePrinter,
  chosenPrinter,
  kindOf,
  printersFor,
  readChoices,
} from './printers';
import { printedAs } from './usePrint';

const printer = (id: string, more: Partial<PrinterShown>): PrinterShown => ({
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
const all = [
  printer('office', {}),
  printer('passbook', { templates: ['certificate-page'], booklet: true }),
  printer('slip', { templates: ['appointment'] }),
  printer('pdf', { paper: false }),
];

beforeEach(() => localStorage.clear());

describe('the printers of a form', () => {
  it('are those that print it, the booklet only where lines are placed', () => {
    const ids = (kind: 'notice' | 'certificate' | 'booklet') =>
      printersFor(kind, all).map(({ id }) => id);
    expect(ids('notice')).toEqual(['office', 'pdf']);
    expect(ids('certificate')).toEqual(['office', 'pdf']);
    expect(ids('booklet')).toEqual(['office', 'passbook', 'pdf']);
  });

  it('are chosen form by form, and the choice is kept', () => {
    choosePrinter('booklet', 'passbook');
    choosePrinter('notice', BROWSER);
    expect([chosenPrinter('booklet'), chosenPrinter('notice')]).toEqual(['passbook', BROWSER]);
    expect(chosenPrinter('certificate')).toBeNull();
    choosePrinter('notice', null);
    expect(chosenPrinter('notice')).toBeNull();
  });

  it.each([null, '', 'x', '[]', '"x"', 'null', '{"notice": 1, "poster": "a"}'])(
    'are no choice where %s is stored',
    (text) => {
      expect(readChoices(text)).toEqual({});
    },
  );

  it('know the booklet from the sheet', () => {
    const clinic = { name: 'C' };
    const child = { name: 'A', code: '1', birth_date: '2026-01-01' };
    const data = { clinic, child };
    expect(kindOf({ template: 'certificate-page', data: { ...data, variant: 'passbook' } })).toBe(
      'booklet',
    );
    expect(kindOf({ template: 'certificate-page', data: { ...data, variant: 'page' } })).toBe(
      'certificate',
    );
    expect(kindOf({ template: 'notice', data: { ...data, given_on: '2026-01-01' } })).toBe(
      'notice',
    );
  });
});

describe('what a job came to', () => {
  it('is printed only when it is on paper', () => {
    expect(printedAs({ state: 'done', paper: true })).toBe('printed');
    expect(printedAs({ state: 'done', paper: false })).toBe('saved');
    expect(printedAs({ state: 'printing', paper: true })).toBe('queued');
    expect(printedAs({ state: 'failed', paper: true })).toBe('failed');
  });
});
