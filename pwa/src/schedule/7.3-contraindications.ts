/** 7.3 Determine contraindications (禁忌). */
import type { CAntigen, CContraindication, CSeries } from './compile.ts';
import type { Findings, Run } from './run.ts';
import type { Reason } from './types.ts';

export type Contraindications = Pick<Findings, 'antigen' | 'vaccines' | 'open'>;

/** Nothing stands against any vaccine, and nothing needs to be found out. */
export const NOT_BARRED: Contraindications = { antigen: null, vaccines: new Map(), open: [] };

/** Tables 7-5 and 7-6. */
export function contraindications(run: Run, antigen: CAntigen): Contraindications {
  const open = openQuestions(run, antigen);
  if (run.observations.size === 0) return open.length === 0 ? NOT_BARRED : { ...NOT_BARRED, open };
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
  if (questions.length === 0) return NOT_BARRED.open;
  let open: Reason[] | null = null;
  for (const { from, to, observation, settledBy } of questions) {
    if (run.asOf < run.from(from) || run.asOf >= run.to(to)) continue;
    if ([observation, ...settledBy].some((code) => run.observations.has(code))) continue;
    const params = { observation: settledBy[0] as string };
    open ??= [];
    open.push({ code: 'forecast.maybeIndicated', params });
  }
  return open ?? NOT_BARRED.open;
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
