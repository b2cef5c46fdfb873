/** From a child's document to what the schedule engine asks for (接种史 → 免疫程序引擎). */

import { type ChildDoc, fact, standing } from '../case/document.ts';
import {
  type Child,
  type Dose,
  type Observation,
  parseDay,
  type Schedule,
} from '../schedule/index.ts';

/** Gestation below this many weeks is preterm (早产), WHO's limit, as the programme uses it. */
const TERM_WEEKS = 37;
/** Birth weight below this is low in the rules for HepB (出生体重小于2000克). */
const LOW_WEIGHT_G = 2000;

function day(text: string | undefined): number | null {
  return text === undefined ? null : parseDay(text);
}

/** Observations that facts of the card imply. They hold from birth. */
function fromFacts(child: ChildDoc): string[] {
  const codes: string[] = [];
  const hbsag = fact(child, 'mother_hbsag');
  if (hbsag === '1') codes.push('mother-hbsag-positive');
  if (hbsag === '3') codes.push('mother-hbsag-unknown');
  if (fact(child, 'mother_hiv') === '1') codes.push('hiv-exposed');
  if ((fact(child, 'gestation_weeks') ?? TERM_WEEKS) < TERM_WEEKS) codes.push('preterm');
  if ((fact(child, 'birth_weight_g') ?? LOW_WEIGHT_G) < LOW_WEIGHT_G) {
    codes.push('birth-weight-under-2000g');
  }
  return codes;
}

/** Vaccine groups that a vaccine counts for; all groups when none is named. */
function groupsOf(schedule: Schedule, vaccine: string | undefined): string[] {
  if (vaccine === undefined) return schedule.groups.map(({ name }) => name);
  const antigens = schedule.vaccines[vaccine]?.antigens.map(({ antigen }) => antigen) ?? [];
  return schedule.groups
    .filter((group) => group.antigens.some((antigen) => antigens.includes(antigen)))
    .map(({ name }) => name);
}

/**
 * The engine's input, or null for a child without a birth date. Voided events are left out. A
 * contraindication becomes the observation of its code where the schedule has one, else that of the
 * vaccine's group: `anaphylaxis-<group>` for an allergy, `contraindicated-<group>` for the rest.
 */
export function engineChild(child: ChildDoc, schedule: Schedule): Child | null {
  const birth = day(fact(child, 'birth_date') ?? undefined);
  if (birth === null) return null;
  const doses: Dose[] = [];
  const observations: Observation[] = fromFacts(child).map((code) => ({ code, date: birth }));
  for (const { id, event } of standing(child, 'dose', 'observation', 'contraindication')) {
    const date = parseDay(event.date);
    if (date === null) continue; // the model lets no such date in
    if (event.kind === 'dose') {
      const expiry = day(event.expiry);
      doses.push({ id, date, code: event.vaccine, ...(expiry !== null && { expiry }) });
      continue;
    }
    const end = day(event.until);
    const span = { date, ...(end !== null && { end }) };
    if (event.kind === 'observation') {
      observations.push({ code: event.code, ...span });
      continue;
    }
    if (schedule.observations?.[event.code]) {
      observations.push({ code: event.code, ...span });
      continue;
    }
    const prefix = event.code === 'anaphylaxis' ? 'anaphylaxis' : 'contraindicated';
    for (const group of groupsOf(schedule, event.vaccine)) {
      observations.push({ code: `${prefix}-${group}`, ...span });
    }
  }
  return { birth, sex: fact(child, 'sex') ?? 'U', doses, observations };
}
