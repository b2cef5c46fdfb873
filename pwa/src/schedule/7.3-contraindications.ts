/** 7.3 Determine contraindications (禁忌). */
import type { CAntigen, CContraindication, CSeries } from './compile.ts';
import type { Findings, Run } from './run.ts';
import type { Reason } from './types.ts';

export type Contraindications = Pick<Findings, 'antigen' | 'vaccines' | 'open'>;

const NONE: Contraindications = { antigen: null, vaccines: new Map(), open: [] };

/** Tables 7-5 and 7-6. */
export function contraindications(run: Run, antigen: CAntigen): Contraindications {
  const open = openQuestions(run, antigen);
  if (run.observations.size === 0) return open.length === 0 ? NONE : { ...NONE, open };
  let whole: Reason | null = null;
  const vaccines = new Map<number, string>();
  for (const each of antigen.contraindications) {
    if (!describes(run, each)) continue;
    if (each.vaccines === null) {
      whole ??= { code: 'forecast.contraindicated', params: { observation: each.observation } };
      continue;
    }
    for (const vaccine of each.vaccines) {
      if (run.from(vaccine.from) <= run.asOf && run.asOf < run.to(vaccine.to)) {
        vaccines.set(vaccine.code, each.observation);
      }
    }
  }
  return { antigen: whole, vaccines, open };
}

/** Column "Unknown": neither the contraindication nor what rules it out is known. */
function openQuestions(run: Run, { questions }: CAntigen): readonly Reason[] {
  if (questions.length === 0) return NONE.open;
  return questions
    .filter(({ from, to }) => run.from(from) <= run.asOf && run.asOf < run.to(to))
    .filter(({ observation, settledBy }) =>
      [observation, ...settledBy].every((code) => !run.observations.has(code)),
    )
    .map(({ settledBy }) => ({
      code: 'forecast.maybeIndicated',
      params: { observation: settledBy[0] as string },
    }));
}

function describes(run: Run, each: CContraindication): boolean {
  const seen = run.observations.get(each.observation);
  if (seen === undefined) return false;
  const last = seen.at(-1);
  if (each.lasts !== null && last !== undefined && run.asOf >= run.after(last, each.lasts)) {
    return false;
  }
  return run.from(each.from) <= run.asOf && run.asOf < run.to(each.to);
}

/** Table 7-7. Why no dose of the series may be given, or null. */
export function contraindicated(found: Contraindications, series: CSeries): Reason | null {
  if (found.antigen !== null) return found.antigen;
  if (found.vaccines.size === 0 || series.preferable.length === 0) return null;
  if (!series.preferable.every((code) => found.vaccines.has(code))) return null;
  const observation = found.vaccines.get(series.preferable[0] as number) as string;
  return { code: 'forecast.vaccinesContraindicated', params: { observation } };
}
