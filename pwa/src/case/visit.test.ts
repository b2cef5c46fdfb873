import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Price } from '../models/generated.ts';
import type { ChildDoc } from './document.ts';
import { chargesOf, FREE_PLACE, priceOn, type VisitPlace, visitOf } from './visit.ts';

const DAY = '2026-11-23';
const AT = '2026-11-23T01:00:00.000Z';
const ids = 'ABCDEFGHJKMNPQRSTVWX'.split('');
const idOf = (n: number) => `01K9A3Q6Z0000000000000000${ids[n]}`;
type Event = { kind: string } & Record<string, unknown>;

function child(...events: Event[]): ChildDoc {
  const made = events.map((event, n) => [idOf(n), { date: DAY, at: AT, by: 'nurse', ...event }]);
  const doc = { _id: 'child:1', type: 'child', facts: {}, events: Object.fromEntries(made) };
  return doc as unknown as ChildDoc;
}

const precheck = (more: object = {}): Event => ({ kind: 'precheck', passed: true, ...more });
const registration = (...vaccines: string[]): Event => ({ kind: 'registration', vaccines });
const consent = (agreed: boolean, ...vaccines: string[]): Event => ({
  ...{ kind: 'consent', vaccines, agreed },
  informed: { relation: 'mother', method: 'signature', at: AT },
});
const dose = (vaccine: string): Event => ({ kind: 'dose', vaccine, origin: 'given' });
const stay: Event = { kind: 'stay', since: AT, until: AT, minutes: 30, reaction: false };
const payment = (vaccine: string, price_fen: number, more: object = {}): Event => ({
  ...{ kind: 'payment', method: 'cash', total_fen: price_fen },
  ...{ charges: [{ item: vaccine, count: 1, price_fen }], ...more },
});
const voided = (target: string): Event => ({ kind: 'void', target, reason: 'other' });

const PRICES: Price[] = [{ item: '5001', since: '2026-01-01', price_fen: 62_600 }];
const PAYING: VisitPlace = { ...FREE_PLACE, paying: true, prices: PRICES };
const next = (...events: Event[]) => visitOf(child(...events), DAY).next;

describe('the next step', () => {
  it('follows from what was done', () => {
    expect(next()).toBe('precheck');
    expect(next(precheck())).toBe('register');
    const set = [precheck(), registration('0201', '0402')];
    expect(next(...set)).toBe('consent');
    expect(next(...set, consent(true, '0201'))).toBe('consent');
    const agreed = [...set, consent(true, '0201', '0402')];
    expect(next(...agreed)).toBe('give');
    expect(next(...agreed, dose('0201'))).toBe('give');
    expect(next(...agreed, dose('0201'), dose('0402'))).toBe('observe');
    expect(next(...agreed, dose('0201'), dose('0402'), stay)).toBe('done');
  });

  it('does not depend on who went first: a set before the pre-check waits for it', () => {
    expect(next(registration('0201'))).toBe('precheck');
    expect(next(registration('0201'), precheck())).toBe('consent');
  });

  it('ends where nothing may be given, or nothing is wanted', () => {
    expect(next(precheck({ passed: false }))).toBe('done');
    expect(next(precheck(), registration())).toBe('done');
    expect(next(precheck(), registration('0201'), { kind: 'refusal', vaccine: '0201' })).toBe(
      'done',
    );
    expect(next(precheck(), registration('0201'), consent(false, '0201'))).toBe('done');
  });

  it('takes a finding against one vaccine for that one alone', () => {
    const findings = [{ vaccine: '0201', outcome: 'deferred' }];
    const visit = visitOf(child(precheck({ findings }), registration('0201', '0402')), DAY);
    expect(visit.open).toEqual(['0402']);
    expect(visit.next).toBe('consent');
  });

  it('asks for the stay of a dose that came after the last', () => {
    const all = [precheck(), registration('0201'), consent(true, '0201'), dose('0201'), stay];
    expect(next(...all)).toBe('done');
    expect(next(...all, dose('0402'))).toBe('observe');
  });

  it('leaves to a dose of old, without steps, its observation', () => {
    expect(next(dose('0201'))).toBe('observe');
    expect(next({ ...dose('0201'), origin: 'history' })).toBe('precheck');
  });
});

describe('money', () => {
  const agreed = [precheck(), registration('5001', '0201'), consent(true, '5001', '0201')];
  const at = (...events: Event[]) => visitOf(child(...agreed, ...events), DAY, PAYING);

  it('is asked for what has a price, where the clinic takes it', () => {
    expect(at().unpaid).toEqual([{ item: '5001', count: 1, price_fen: 62_600 }]);
    expect(at().next).toBe('pay');
    expect(visitOf(child(...agreed), DAY).next).toBe('give');
    expect(at(payment('5001', 62_600)).next).toBe('give');
  });

  it('is owed again when it was given back', () => {
    const back = payment('5001', 62_600, { refunds: idOf(3), total_fen: -62_600 });
    expect(at(payment('5001', 62_600), back).unpaid).toHaveLength(1);
  });

  it('is not owed for what was refused', () => {
    expect(at({ kind: 'refusal', vaccine: '5001' }).unpaid).toEqual([]);
  });

  it('has the price of the day, and the service fee of each paid dose', () => {
    const prices = [
      ...PRICES,
      { item: '5001', since: '2026-11-23', price_fen: 50_000 },
      { item: '5001', since: '2026-12-01', price_fen: 1 },
      { item: 'service', since: '2026-01-01', price_fen: 2_800 },
    ];
    expect(priceOn(prices, '5001', '2026-11-22')).toBe(62_600);
    expect(priceOn(prices, '5001', DAY)).toBe(50_000);
    expect(priceOn(prices, '9999', DAY)).toBeNull();
    expect(chargesOf(['5001', '0201'], prices, DAY)).toEqual([
      { item: '5001', count: 1, price_fen: 50_000 },
      { item: 'service', count: 1, price_fen: 2_800 },
    ]);
    expect(chargesOf(['0201'], prices, DAY)).toEqual([]);
  });
});

it('says since when and until when a child is watched', () => {
  const { observed } = visitOf(child(dose('0201')), DAY, { ...FREE_PLACE, observationMinutes: 45 });
  expect(observed).toEqual({ since: AT, until: '2026-11-23T01:45:00.000Z' });
});

it('takes consent after a refusal for a second thought, and a refusal after consent for the last', () => {
  const refusal = { kind: 'refusal', vaccine: '0201' };
  const refusedBy = (...events: Event[]) => [...visitOf(child(...events), DAY).refused];
  expect(refusedBy(refusal, consent(true, '0201'))).toEqual([]);
  expect(refusedBy(consent(true, '0201'), refusal)).toEqual(['0201']);
  expect(refusedBy(consent(false, '0201'), consent(true, '0201'))).toEqual([]);
});

const vaccine = fc.constantFrom('0201', '0402', '5001');
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.boolean().map((passed) => precheck({ passed })),
  fc.array(vaccine, { maxLength: 3 }).map((all) => registration(...new Set(all))),
  fc.tuple(fc.boolean(), vaccine).map(([agreed, one]) => consent(agreed, one)),
  vaccine.map(dose),
  vaccine.map((one) => ({ kind: 'refusal', vaccine: one })),
  vaccine.map((one) => payment(one, 62_600)),
  fc.constant(stay),
  fc.nat({ max: 11 }).map((n) => voided(idOf(n))),
  fc.constant({ ...dose('0201'), date: '2026-11-22' }),
);
const anyVisit = fc.array(anyEvent, { maxLength: 12 });

describe('of any events', () => {
  it('the order in which they lie does not matter', () => {
    fc.assert(
      fc.property(anyVisit, (events) => {
        const doc = child(...events);
        const turned = Object.fromEntries(Object.entries(doc.events).reverse());
        expect(visitOf({ ...doc, events: turned }, DAY, PAYING)).toEqual(visitOf(doc, DAY, PAYING));
      }),
    );
  });

  it('a voided one counts for nothing', () => {
    fc.assert(
      fc.property(anyVisit, anyEvent, (events, one) => {
        fc.pre(one.kind !== 'void' && events.every(({ kind }) => kind !== 'void'));
        const with_ = child(...events, one, voided(idOf(events.length)));
        expect(visitOf(with_, DAY, PAYING)).toEqual(visitOf(child(...events), DAY, PAYING));
      }),
    );
  });

  it('none is given that was refused, and none that nobody has agreed to', () => {
    fc.assert(
      fc.property(anyVisit, (events) => {
        const {
          next: step,
          open,
          refused,
          consents,
          unpaid,
        } = visitOf(child(...events), DAY, PAYING);
        if (step !== 'give') return;
        expect(unpaid).toEqual([]);
        for (const one of open) {
          expect(refused.has(one)).toBe(false);
          expect(consents.get(one)?.event.agreed).toBe(true);
        }
      }),
    );
  });
});
