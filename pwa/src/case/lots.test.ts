import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceOf, idOf, type LedgerMove, lotKey, lotsOf } from './lots.ts';

let serial = 0;
const move = (lot: string, doses: number, expiry: string, more: object = {}) =>
  ({
    _id: `stock:${String(++serial).padStart(4, '0')}`,
    kind: 'receive',
    date: '2026-01-01',
    vaccine: '0201',
    lot,
    expiry,
    maker: 'M',
    by: 'nurse',
    doses,
    ...more,
  }) as LedgerMove;

const MOVES = [
  move('LATE', 10, '2027-06-01'),
  move('SOON', 10, '2026-12-01'),
  move('SOON', -3, '2026-12-01', { kind: 'waste' }),
  move('OLD', 5, '2026-11-22'),
  move('TODAY', 1, '2026-11-23'),
  move('OTHER', 5, '2027-01-01', { vaccine: '0101' }),
];
const keyOf = (lot: string, maker = 'M') => lotKey({ vaccine: '0201', maker, lot });

describe('lotsOf', () => {
  it('sums moves less doses, first expired first out, and lets no expired or empty lot be chosen', () => {
    const given = (key: string) => (key === keyOf('SOON') ? 2 : key === keyOf('TODAY') ? 1 : 0);
    const lots = lotsOf(MOVES, given, '2026-11-23', '0201');
    expect(
      lots.map(({ lot, balance, expired, usable }) => [lot, balance, expired, usable]),
    ).toEqual([
      ['OLD', 5, true, false],
      ['TODAY', 0, false, false],
      ['SOON', 5, false, true],
      ['LATE', 10, false, true],
    ]);
  });

  it('takes the earlier of two expiries of one lot', () => {
    const moves = [move('A', 1, '2027-01-01'), move('A', 1, '2026-01-01')];
    const [lot] = lotsOf(moves, () => 0, '2026-11-23');
    expect(lot).toMatchObject({ expiry: '2026-01-01', balance: 2, expired: true });
  });

  it('keeps the equal numbers of two makers apart', () => {
    const moves = [
      move('20260101', 10, '2027-06-30', { maker: '甲' }),
      move('20260101', 10, '2026-11-01', { maker: '乙' }),
    ];
    const given = (key: string) => (key === keyOf('20260101', '甲') ? 4 : 0);
    const lots = lotsOf(moves, given, '2026-11-23');
    // The expired one of the other maker keeps nobody from using the good one.
    expect(lots.map(({ maker, balance, usable }) => [maker, balance, usable])).toEqual([
      ['乙', 10, false],
      ['甲', 6, true],
    ]);
  });

  it.each(['a20260101', 'Ａ20260101', 'A20260101 ', ' ａ２０２６０１０１'])(
    'knows A20260101 when it is written "%s"',
    (written) => {
      const moves = [move('A20260101', 10, '2027-06-30'), move(written, 5, '2027-06-30')];
      expect(lotsOf(moves, () => 0, '2026-11-23')).toMatchObject([
        { lot: 'A20260101', balance: 15 },
      ]);
    },
  );

  it('names who took out what was not there', () => {
    const moves = [
      move('A', 100, '2027-01-01'),
      move('A', -60, '2027-01-01', { kind: 'issue', by: 'b' }),
      move('A', -60, '2027-01-01', { kind: 'issue', by: 'a' }),
    ];
    expect(lotsOf(moves, () => 0, '2026-11-23')).toMatchObject([
      { balance: -20, usable: false, takenBy: ['a', 'b'] },
    ]);
  });
});

/** A device that moves, gives and counts; what it knows comes by sync. */
class Device {
  readonly moves = new Map<string, LedgerMove>();
  readonly doses = new Set<number>();

  add(fields: Partial<LedgerMove>): void {
    const made = move('A', 0, '2027-01-01', { doses: undefined, ...fields });
    this.moves.set(made._id, made);
  }

  count(counted: number): void {
    const seen = [...this.moves.values()].map(idOf);
    this.add({ kind: 'count', count: { counted, seen, given: this.doses.size } });
  }

  hears(other: Device): void {
    for (const [id, one] of other.moves) this.moves.set(id, one);
    for (const dose of other.doses) this.doses.add(dose);
  }

  get balance(): number {
    return balanceOf([...this.moves.values()], this.doses.size);
  }
}

describe('a count', () => {
  it('made by two devices offline is one and the same', () => {
    const [one, other] = [new Device(), new Device()];
    one.add({ doses: 100 });
    other.hears(one);
    one.count(90);
    other.count(90);
    one.hears(other);
    expect(one.balance).toBe(90);
    one.count(88);
    expect(one.balance).toBe(88);
  });

  it('leaves on top what nobody knew of who counted', () => {
    const [one, other] = [new Device(), new Device()];
    one.add({ doses: 100 });
    other.hears(one);
    one.count(90);
    other.add({ kind: 'issue', doses: -30 });
    other.doses.add(1);
    one.hears(other);
    expect(one.balance).toBe(59);
  });

  const STEP = fc.record({
    who: fc.nat(2),
    what: fc.constantFrom('receive', 'issue', 'dose', 'count', 'sync'),
    many: fc.integer({ min: 1, max: 50 }),
    whom: fc.nat(2),
  });

  it('agrees on all devices, in whatever order they hear each other', () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 30 }), fc.boolean(), (steps, backwards) => {
        const devices = [new Device(), new Device(), new Device()];
        let dose = 0;
        for (const { who, what, many, whom } of steps) {
          const device = devices[who] as Device;
          if (what === 'receive') device.add({ doses: many });
          else if (what === 'issue') device.add({ kind: 'issue', doses: -many });
          else if (what === 'dose') device.doses.add(++dose);
          else if (what === 'count') device.count(many);
          else device.hears(devices[whom] as Device);
        }
        const all = new Device();
        for (const device of backwards ? [...devices].reverse() : devices) all.hears(device);
        for (const device of devices) {
          device.hears(all);
          expect(device.balance).toBe(all.balance);
        }
        // Whoever counts now, knowing all, is believed.
        all.count(7);
        expect(all.balance).toBe(7);
      }),
    );
  });
});
