/** The programme that a region follows by its catalog, and what a document would change of it. Pure. */
import { placeOf, type Rule, rulesFor } from '../forecast/local-rules.ts';
import type { Region, ScheduleDocument } from '../models/generated.ts';
import type { Problem, Schedule } from '../schedule/index.ts';
import { checkEdition, checkRule } from './check-rule.ts';
import type { Change } from './trial.ts';

/** What of the catalog the programme is made of. */
export interface CatalogPart {
  schedules: readonly ScheduleDocument[];
  rules: readonly Rule[];
  regions: readonly Region[];
}

/** What may be written of it: a new edition, or a local rule. */
export type Proposal = Rule | ScheduleDocument;

/** Is it an edition of the programme, and no schedule that is offered besides (非免疫规划)? */
export const isProgramme = ({ name }: { name: string }): boolean => !name.includes('non-programme');

/** The edition of the programme in force on a day; null when the catalog has none yet. */
export function inForce(
  schedules: readonly { name: string; effective: string }[],
  today: string,
): string | null {
  const begun = schedules.filter((one) => isProgramme(one) && one.effective <= today);
  const order = begun.sort(
    (one, other) =>
      one.effective.localeCompare(other.effective) || one.name.localeCompare(other.name),
  );
  return order.at(-1)?.name ?? null;
}

/** The local rules of a region that hold there today, in their order. */
export function rulesOf(catalog: CatalogPart, region: string, today: string): Rule[] {
  const parentOf = (code: string) =>
    catalog.regions.find((one) => one.code === code)?.parent ?? null;
  return rulesFor(catalog.rules, placeOf('', { regionOf: () => region, parentOf }), today);
}

export const schedulesOf = (catalog: Pick<CatalogPart, 'schedules'>): Record<string, Schedule> =>
  Object.fromEntries(
    catalog.schedules.map((one) => [one.name, one.schedule as unknown as Schedule]),
  );

/** The problems of what is proposed; errors first. `region` is the writer's. */
export function check(
  catalog: CatalogPart,
  proposal: Proposal,
  region: string,
  today: string,
): Problem[] {
  if (proposal.type === 'schedule') return checkEdition(proposal.schedule as unknown as Schedule);
  // What does not fit any more is taken back all the same.
  if (proposal.withdrawn) return [];
  const schedules = schedulesOf(catalog);
  const name = inForce(catalog.schedules, today) ?? '';
  const before = rulesOf(catalog, region, today).filter(({ _id }) => _id !== proposal._id);
  // A rule for a schedule that only some clinics use is held against that schedule as well.
  return checkRule(proposal, { schedules, name, before });
}

/** What is followed in a region without and with the proposal. */
export function changeOf(
  catalog: CatalogPart,
  proposal: Proposal,
  region: string,
  today: string,
): Change {
  const schedules = schedulesOf(catalog);
  const edition = inForce(catalog.schedules, today) ?? '';
  const rules = rulesOf(catalog, region, today);
  if (proposal.type === 'schedule') {
    const { name } = proposal;
    const known = { ...schedules, [name]: proposal.schedule as unknown as Schedule };
    const names = isProgramme(proposal) ? [name] : [edition, name];
    return {
      before: { schedules, names: [edition], rules },
      after: { schedules: known, names, rules },
    };
  }
  const names = proposal.schedule === undefined ? [edition] : [edition, proposal.schedule];
  const others = rules.filter(({ _id }) => _id !== proposal._id);
  const after = proposal.withdrawn ? others : [...others, proposal];
  return { before: { schedules, names, rules }, after: { schedules, names, rules: after } };
}
