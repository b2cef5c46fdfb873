import { expect, it } from 'vitest';
import { suggest } from './windows.ts';

const MMR = { vaccine: '1201', date: '2026-11-01' };
const BCG = { vaccine: '0101', date: '2026-01-10' };

it('a reaction within its window is reported, one after it is a person’s to decide', () => {
  expect(suggest('2026-11-01', ['anaphylaxis'], {}, [MMR])).toEqual({
    verdict: 'report',
    symptom: 'anaphylaxis',
    days: 0,
  });
  expect(suggest('2026-11-16', ['convulsion'], {}, [MMR]).verdict).toBe('report');
  expect(suggest('2026-11-17', ['convulsion'], {}, [MMR]).verdict).toBe('decide');
  expect(suggest('2026-11-03', ['anaphylaxis'], {}, [MMR]).verdict).toBe('decide');
  expect(suggest('2026-10-31', ['anaphylaxis'], {}, [MMR]).verdict).toBe('decide');
});

it('fever, redness and induration count from their size on', () => {
  expect(suggest('2026-11-02', ['fever'], { fever: '3' }, [MMR]).verdict).toBe('report');
  expect(suggest('2026-11-02', ['fever'], { fever: '2' }, [MMR]).verdict).toBe('mild');
  expect(suggest('2026-11-02', ['redness'], { redness: '1' }, [MMR]).verdict).toBe('mild');
  expect(
    suggest('2026-11-02', ['redness', 'induration'], { redness: '1', induration: '2' }, [MMR]),
  ).toMatchObject({ verdict: 'report', symptom: 'induration' });
});

it('what follows BCG alone has its year', () => {
  expect(suggest('2026-03-20', ['lymphadenitis'], {}, [BCG]).verdict).toBe('report');
  expect(
    suggest('2026-03-20', ['lymphadenitis'], {}, [{ ...MMR, date: '2026-01-10' }]).verdict,
  ).toBe('decide');
  expect(suggest('2026-03-20', ['osteomyelitis'], {}, [MMR, BCG])).toMatchObject({ days: 69 });
});

it('what the table does not name is a person’s to decide', () => {
  expect(suggest('2026-11-02', ['other'], {}, [MMR]).verdict).toBe('decide');
  expect(suggest('2026-11-02', [], {}, [MMR]).verdict).toBe('decide');
});
