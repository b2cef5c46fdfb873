import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAge, compile, forecast, formatDay, parseDay } from '../index.ts';
import { schedule } from '../testing/cn.ts';
import type { Child, Day, Dose, Forecast, GroupForecast } from '../types.ts';

const NIP = schedule('cn-nip-2026');
const compiled = compile(NIP);
const CODES = Object.entries(NIP.vaccines)
  .filter(([, vaccine]) => vaccine.antigens.length > 0)
  .map(([code]) => code)
  .concat(['2201', '3901', '4401']);

const day = (text: string): Day => parseDay(text) as Day;
const FIRST_BIRTH = day('2009-01-01');
const LAST_BIRTH = day('2026-11-20');

/** What may be known of a child; those that come with a date get one. */
const OBSERVATIONS = Object.keys(NIP.observations ?? {});

/** A child with doses of the programme's vaccines on any days, and a day from the last dose on. */
const histories: fc.Arbitrary<{ child: Child; asOf: Day }> = fc
  .record({
    birth: fc.integer({ min: FIRST_BIRTH, max: LAST_BIRTH }),
    sex: fc.constantFrom('F' as const, 'M' as const),
    doses: fc.array(
      fc.record({ age: fc.integer({ min: 0, max: 2600 }), code: fc.constantFrom(...CODES) }),
      { maxLength: 14 },
    ),
    later: fc.integer({ min: 0, max: 1500 }),
    // Most children have nothing that matters.
    observations: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>([]) },
      { weight: 1, arbitrary: fc.subarray(OBSERVATIONS, { maxLength: 3 }) },
    ),
  })
  .map(({ birth, sex, doses, later, observations }) => {
    const given = doses.map((dose, index) => ({
      id: String(index),
      date: birth + dose.age,
      code: dose.code,
    }));
    const asOf = Math.max(birth, ...given.map((dose) => dose.date)) + later;
    const seen = observations.map((code, index) => ({ code, date: birth + index * 200 }));
    return { child: { birth, sex, doses: given, observations: seen }, asOf };
  });

const notComplete = (answer: Forecast): GroupForecast[] =>
  answer.groups.filter((group) => group.status === 'notComplete');

const withDose = (child: Child, dose: Omit<Dose, 'id'>): Child => ({
  ...child,
  doses: [...child.doses, { ...dose, id: 'new' }],
});

/** Minimum age of the dose that is due, in each series of the answer; of several, the least. */
function minimumDates(group: GroupForecast, birth: Day): Day[] {
  return group.antigens.flatMap((each) => {
    const series = NIP.antigens
      .find((antigen) => antigen.name === each.antigen)
      ?.series.find((candidate) => candidate.name === each.series);
    const called = (series?.doses ?? []).filter(
      (dose, index) => (dose.number ?? index + 1) === each.target,
    );
    const dates = called.map((dose) => addAge(birth, dose.ages?.[0]?.min ?? '0 days', 'clamp'));
    return each.status === 'notComplete' ? [Math.min(...dates)] : [];
  });
}

const show = (child: Child, asOf: Day): string =>
  JSON.stringify({
    birth: formatDay(child.birth),
    asOf: formatDay(asOf),
    sex: child.sex,
    observations: child.observations?.map(({ code }) => code),
    doses: child.doses.map((dose) => `${formatDay(dose.date)} ${dose.code}`),
  });

/** Fails with the history; the text is only made when it is needed. */
function ensure(holds: boolean, what: string, child: Child, asOf: Day): void {
  if (!holds) expect.fail(`${what}: ${show(child, asOf)}`);
}

describe('any child of the programme', { timeout: 60_000 }, () => {
  it('is never due before birth or the minimum age', () => {
    fc.assert(
      fc.property(histories, ({ child, asOf }) => {
        for (const group of notComplete(forecast(compiled, child, asOf))) {
          const earliest = group.earliest as Day;
          const minimum = Math.max(child.birth, ...minimumDates(group, child.birth));
          const about = `${group.vaccineGroup} ${JSON.stringify(group)}`;
          ensure(earliest >= minimum, about, child, asOf);
          ensure((group.recommended as Day) >= earliest, about, child, asOf);
          ensure(group.pastDue === null || group.pastDue >= earliest, about, child, asOf);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be given what is due: the first vaccine named, from the earliest day, counts', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 400 }), ({ child, asOf }, wait) => {
        for (const group of notComplete(forecast(compiled, child, asOf))) {
          // On a later day the forecast may be another: asked again on the day itself.
          const when = Math.max(asOf, group.earliest as Day) + wait;
          const then = forecast(compiled, child, when).groups.find(
            (each) => each.vaccineGroup === group.vaccineGroup,
          );
          if (then?.status !== 'notComplete' || (then.earliest as Day) > when) continue;
          const code = then.vaccines[0] ?? '';
          const given = forecast(compiled, withDose(child, { date: when, code }), when).doses;
          const counts = given.some(
            (dose) =>
              dose.id === 'new' &&
              dose.vaccineGroup === group.vaccineGroup &&
              dose.status === 'valid',
          );
          ensure(counts, `${group.vaccineGroup} by ${code}`, child, when);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('comes to an end: giving what is due completes every group or reaches its last age', () => {
    fc.assert(
      fc.property(histories, ({ child, asOf }) => {
        let history = child;
        let today = asOf;
        for (let visit = 0; visit < 60; visit += 1) {
          const open = notComplete(forecast(compiled, history, today));
          if (open.length === 0) return;
          const next = open.reduce((a, b) => ((a.earliest as Day) <= (b.earliest as Day) ? a : b));
          today = Math.max(today, next.earliest as Day);
          const then = notComplete(forecast(compiled, history, today)).find(
            (each) => each.vaccineGroup === next.vaccineGroup,
          );
          const code = then?.vaccines[0];
          if (then === undefined || code === undefined) continue;
          today = Math.max(today, then.earliest as Day);
          history = {
            ...history,
            doses: [...history.doses, { id: `v${visit}`, date: today, code }],
          };
        }
        ensure(
          notComplete(forecast(compiled, history, today)).length === 0,
          'never ends',
          history,
          today,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('may have a later dose recorded though an earlier one is missing', () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(...CODES), ({ child, asOf }, code) => {
        const { doses } = forecast(compiled, withDose(child, { date: asOf, code }), asOf);
        const found = doses.filter((dose) => dose.id === 'new');
        const told = found.every((dose) => dose.status === 'valid' || dose.reasons.length > 0);
        ensure(found.length > 0 && told, code, child, asOf);
      }),
      { numRuns: 300 },
    );
  });
});
