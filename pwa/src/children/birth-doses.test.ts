import { describe, expect, it } from 'vitest';
import { birthDoses, birthEvents } from './birth-doses.ts';

const due = [
  { group: 'HepB', vaccines: ['0201', '0202'] },
  { group: 'BCG', vaccines: ['0101'] },
];

describe('doses at birth', () => {
  it('are what the schedule wants on that day, and the immunoglobulin for a mother with HBsAg', () => {
    const groups = (hbsag: string) =>
      birthDoses(due, '2026-11-20', hbsag, []).map((one) => one.group);
    expect(groups('')).toEqual(['HepB', 'BCG']);
    expect(groups('1')).toEqual(['HepB', 'BCG', 'HBIG']);
    expect(groups('2')).toEqual(['HepB', 'BCG']);
    expect(groups('3')).toEqual(['HepB', 'BCG', 'HBIG']);
  });

  it('keep what was answered while the rest of the form changes', () => {
    const [hepB] = birthDoses(due, '2026-11-20', '', []);
    const answered = [{ ...(hepB as NonNullable<typeof hepB>), given: true, lot: 'A1' }];
    expect(birthDoses(due, '2026-11-21', '1', answered)[0]).toEqual(answered[0]);
  });

  it('have their hour, where it is known', () => {
    const [hepB] = birthDoses(due, '2026-11-20', '', []);
    const given = { ...(hepB as NonNullable<typeof hepB>), given: true };
    expect(birthEvents([{ ...given, time: '14:05' }], '')[0]?.time).toBe('14:05');
    expect(birthEvents([given], '')[0]).not.toHaveProperty('time');
  });

  it('become history of the hospital, and only those that were given', () => {
    const doses = birthDoses(due, '2026-11-20', '', []).map((one) => ({
      ...one,
      given: one.group === 'BCG',
    }));
    expect(birthEvents(doses, ' 青禾县人民医院 ')).toEqual([
      {
        kind: 'dose',
        origin: 'history',
        date: '2026-11-20',
        vaccine: '0101',
        self_paid: false,
        place: '青禾县人民医院',
      },
    ]);
  });
});
