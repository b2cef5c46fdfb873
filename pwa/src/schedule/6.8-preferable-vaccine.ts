/** 6.8 Evaluate for preferable vaccine (首选疫苗). */
import type { CDose } from './compile.ts';
import type { GivenDose, Run } from './run.ts';
import type { Day, Reason } from './types.ts';

/** Table 6-26. Without a match, `reasons` says what came nearest. */
export function isPreferable(run: Run, target: CDose, dose: GivenDose, reasons: Reason[]): boolean {
  let nearest: Reason | null = null;
  for (const rule of target.preferable) {
    if (rule.code !== dose.code) continue;
    if (dose.date < run.from(rule.from) || dose.date >= run.to(rule.to)) {
      nearest ??= { code: 'dose.wrongAgeForVaccine' };
      continue;
    }
    if (rule.tradeName !== null && !isProduct(dose, rule.tradeName, rule.mvx)) {
      nearest = { code: 'dose.wrongTradeName', params: { tradeName: rule.tradeName } };
      continue;
    }
    const { volume } = dose.source;
    if (volume !== undefined && rule.volume !== null && volume < rule.volume) {
      reasons.push({ code: 'dose.lowVolume', params: { volume: rule.volume } });
    }
    return true;
  }
  if (nearest !== null) reasons.push(nearest);
  return false;
}

/** Beyond the specification: a product may have ages of its own, whatever it is given for. */
export function isOutsideLabel(run: Run, code: number, day: Day): boolean {
  const label = run.compiled.vaccines[code]?.label ?? null;
  return label !== null && (day < run.from(label.from) || day >= run.to(label.to));
}

/** Spelling differs between CDC's own files: RECOMBIVAX ADULT, RECOMBIVAX-ADULT. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9\u4e00-\u9fff]/g, '');

/** Without a trade name, vaccine and manufacturer together tell the product. */
function isProduct(dose: GivenDose, tradeName: string, mvx: string | null): boolean {
  const given = dose.source.tradeName;
  if (given === undefined) return mvx !== null && dose.source.mvx === mvx;
  return plain(given) === plain(tradeName);
}
