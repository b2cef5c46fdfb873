import { describe, expect, it } from 'vitest';
import { answer, type CnCase, caseFiles } from '../testing/cn.ts';

/** What the engine says where the case has an expectation, in the case's own shape. */
function observed(each: CnCase): unknown {
  const { groups, doses, error } = answer(each);
  if (error !== undefined) return { error };
  const group = groups.find((candidate) => candidate.vaccine_group === each.vaccine_group);
  const { vaccines } = each.expected;
  return {
    series_status: group?.series_status ?? null,
    forecast_number: group === undefined ? null : (group.forecast_number ?? '-'),
    earliest_date: group?.earliest_date ?? null,
    recommended_date: group?.recommended_date ?? null,
    past_due_date: group?.past_due_date ?? null,
    // Those named to the counter come first.
    ...(vaccines && { vaccines: group?.vaccines.slice(0, vaccines.length) }),
    doses: each.doses
      .filter((dose) => dose.expect_status !== null)
      .map((dose) => {
        const found = doses.filter(
          (given) => given.n === dose.n && given.vaccine_group === each.vaccine_group,
        );
        const statuses = [...new Set(found.map((given) => given.status))];
        return statuses.includes(dose.expect_status ?? '') ? dose.expect_status : statuses.join();
      }),
  };
}

const wanted = ({ expected, doses }: CnCase): unknown => ({
  ...expected,
  doses: doses.map((dose) => dose.expect_status).filter((status) => status !== null),
});

describe.each(caseFiles())('%s', (_, cases) => {
  it.each(cases.map((each) => [each.id, each.name, each] as const))('%s %s', (_id, _name, each) => {
    expect(observed(each), each.rule).toEqual(wanted(each));
  });
});

it('has a case for every group of the programme, and 150 at least', () => {
  const cases = caseFiles().flatMap(([, each]) => each);
  const groups = new Set(cases.map((each) => each.vaccine_group));
  for (const name of ['HepB', 'BCG', 'Polio', 'DTaP', 'MPSV', 'MMR', 'JE', 'HepA', 'HPV']) {
    expect(groups).toContain(name);
  }
  expect(cases.length).toBeGreaterThanOrEqual(150);
  expect(new Set(cases.map((each) => each.id)).size).toBe(cases.length);
});
