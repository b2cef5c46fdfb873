/**
 * Local rules (地方规则) as layers over an edition: what a region's administrator may change without
 * a change to the program.
 */
import { formatDay, parseDay } from './3.4-dates.ts';
import { ScheduleError } from './compile.ts';
import type {
  Antigen,
  Code,
  DateSpan,
  DosesOf,
  IsoDate,
  Layer,
  PreferableVaccine,
  Schedule,
  Series,
  SeriesDose,
  Vaccine,
} from './types.ts';

/**
 * The schedule with the layers applied in order. The schedule itself is left as it is.
 * @throws ScheduleError when a layer names what the schedule does not have
 */
export function applyLayers(schedule: Schedule, layers: readonly Layer[]): Schedule {
  return layers.reduce((result, layer, index) => apply(result, layer, `layers/${index}`), schedule);
}

function apply(schedule: Schedule, layer: Layer, path: string): Schedule {
  switch (layer.kind) {
    case 'visit': {
      const { kind: _, ...rule } = layer;
      return { ...schedule, visit: { ...schedule.visit, ...rule } };
    }
    case 'parameter':
      return setParameter(schedule, layer, path);
    case 'interval':
      return editDoses(schedule, layer, path, (dose) => ({
        ...dose,
        intervals: [...(dose.intervals ?? []), layer.interval],
      }));
    case 'age':
      return editDoses(schedule, layer, path, (dose) => ({
        ...dose,
        ages: dose.ages?.length
          ? dose.ages.map((row) => ({ ...row, ...layer.ages }))
          : [layer.ages],
      }));
    case 'product':
      checkProducts(schedule, layer, path);
      return editDoses(schedule, layer, path, (dose) => withProducts(dose, layer.vaccines));
    case 'season':
      return editDoses(schedule, layer, path, (dose) => ({ ...dose, season: layer.season }));
    case 'campaign':
      return addCampaign(schedule, layer, path);
    case 'without':
      return withoutGroups(schedule, layer.groups, path);
    case 'with':
      return join(schedule, layer.schedule);
    default:
      throw new ScheduleError(path, 'a layer is of no known kind');
  }
}

function setParameter(
  schedule: Schedule,
  layer: Layer & { kind: 'parameter' },
  path: string,
): Schedule {
  const known = schedule.parameters?.[layer.name];
  if (known === undefined) throw new ScheduleError(path, `there is no parameter "${layer.name}"`);
  const source = layer.source === undefined ? {} : { source: layer.source };
  return {
    ...schedule,
    parameters: {
      ...schedule.parameters,
      [layer.name]: { ...known, value: layer.value, ...source },
    },
  };
}

/** Changes the doses that a layer names; in all series of the antigen unless it names one. */
function editDoses(
  schedule: Schedule,
  where: DosesOf & { dose?: number },
  path: string,
  edit: (dose: SeriesDose) => SeriesDose,
): Schedule {
  let edited = 0;
  const editSeries = (series: Series): Series => ({
    ...series,
    doses: series.doses.map((dose, index) => {
      if (where.dose !== undefined && where.dose !== (dose.number ?? index + 1)) return dose;
      edited += 1;
      return edit(dose);
    }),
  });
  const antigens = schedule.antigens.map(
    (antigen): Antigen =>
      antigen.name === where.antigen
        ? {
            ...antigen,
            series: antigen.series.flatMap((each) => forBirths(each, where, editSeries)),
          }
        : antigen,
  );
  if (edited === 0) {
    const what = [where.antigen, where.series, where.dose].filter((part) => part !== undefined);
    throw new ScheduleError(path, `there is no dose "${what.join(' ')}"`);
  }
  return { ...schedule, antigens };
}

/** Between the name of a series and the birth dates for which a layer changed it. */
const BORN = ' · ';

/**
 * A series edited for the children that a layer is about. If it is for others too it becomes several:
 * one for those born within, and the old one for those born before and after.
 */
function forBirths(series: Series, where: DosesOf, edit: (series: Series) => Series): Series[] {
  const named = where.series ?? series.name;
  if (series.name !== named && !series.name.startsWith(named + BORN)) return [series];
  const { from, to } = where.births ?? {};
  const own = series.births ?? {};
  const within = { from: later(own.from, from), to: earlier(own.to, to) };
  if (isEmpty(within)) return [series];
  const before = { from: own.from, to: earlier(own.to, from && nextDay(from, -1)) };
  const after = { from: later(own.from, to && nextDay(to, 1)), to: own.to };
  const rest = [...(from ? [before] : []), ...(to ? [after] : [])].filter((span) => !isEmpty(span));
  if (rest.length === 0) return [edit(series)];
  return [
    ...rest.map((births, index) => ({
      ...series,
      name: index === 0 ? series.name : series.name + BORN + bornText(births),
      births,
    })),
    edit({ ...series, name: series.name + BORN + bornText(within), births: within }),
  ];
}

const later = (a: IsoDate | undefined, b: IsoDate | undefined): IsoDate | undefined =>
  a !== undefined && b !== undefined ? (a > b ? a : b) : (a ?? b);
const earlier = (a: IsoDate | undefined, b: IsoDate | undefined): IsoDate | undefined =>
  a !== undefined && b !== undefined ? (a < b ? a : b) : (a ?? b);
const isEmpty = ({ from, to }: DateSpan): boolean =>
  from !== undefined && to !== undefined && from > to;
const bornText = ({ from = '', to = '' }: DateSpan): string => `${from}..${to}`;

function nextDay(date: IsoDate, days: number): IsoDate {
  const day = parseDay(date);
  return day === null ? date : formatDay(day + days);
}

/** The vaccines of a layer are named; what was named before counts still. */
function withProducts(dose: SeriesDose, vaccines: readonly Code[]): SeriesDose {
  const known = [...dose.preferable, ...(dose.allowable ?? [])];
  const named = vaccines.flatMap((code): PreferableVaccine[] => {
    const rows = known.filter((row) => row.code === code);
    return (rows.length > 0 ? rows : [{ code }]).map((row) => ({ ...row, forecast: true }));
  });
  const others = (row: { code: Code }): boolean => !vaccines.includes(row.code);
  const former = dose.preferable.filter((row) => others(row) && row.forecast === true);
  return {
    ...dose,
    preferable: [...named, ...dose.preferable.filter((row) => others(row) && !row.forecast)],
    allowable: [
      ...former.map(({ forecast: _, ...row }) => row),
      ...(dose.allowable ?? []).filter(others),
    ],
  };
}

function checkProducts(schedule: Schedule, layer: Layer & { kind: 'product' }, path: string): void {
  for (const code of layer.vaccines) {
    const vaccine = schedule.vaccines[code];
    if (vaccine === undefined) throw new ScheduleError(path, `there is no vaccine "${code}"`);
    if (!vaccine.antigens.some(({ antigen }) => antigen === layer.antigen)) {
      throw new ScheduleError(path, `vaccine "${code}" does not count for "${layer.antigen}"`);
    }
  }
}

/** A campaign is an antigen of its own, for which its vaccines count on the days it lasts. */
function addCampaign(
  schedule: Schedule,
  layer: Layer & { kind: 'campaign' },
  path: string,
): Schedule {
  const name = layer.name;
  if (schedule.groups.some((group) => group.name === name)) {
    throw new ScheduleError(path, `there is already a vaccine group "${name}"`);
  }
  const vaccines: Record<string, Vaccine> = { ...schedule.vaccines };
  for (const code of layer.vaccines) {
    const vaccine = vaccines[code];
    if (vaccine === undefined) throw new ScheduleError(path, `there is no vaccine "${code}"`);
    const link = { antigen: name, given: { from: layer.from, to: layer.to } };
    vaccines[code] = { ...vaccine, antigens: [...vaccine.antigens, link] };
  }
  // Who must not have a vaccine must not have it in a campaign either.
  const meant = new Set(
    layer.vaccines.flatMap((code) => schedule.vaccines[code]?.antigens.map((one) => one.antigen)),
  );
  const contraindications = schedule.antigens
    .filter((antigen) => meant.has(antigen.name))
    .flatMap((antigen) => antigen.contraindications ?? []);
  const dose: SeriesDose = {
    ages: [{ min: '0 days' }],
    preferable: layer.vaccines.map((code) => ({ code, forecast: true })),
    season: { start: layer.from, end: layer.to },
  };
  if (layer.minInterval !== undefined) {
    const { minInterval } = layer;
    dose.intervals = [
      { from: { vaccines: layer.vaccines }, absMin: minInterval, min: minInterval },
    ];
  }
  const title = layer.title === undefined ? {} : { title: layer.title };
  const source = layer.source === undefined ? {} : { source: layer.source };
  const series: Series = {
    name,
    ...title,
    ...source,
    vaccineGroup: name,
    type: 'standard',
    default: true,
    campaign: name,
    births: layer.births,
    doses: [dose],
  };
  return {
    ...schedule,
    vaccines,
    groups: [...schedule.groups, { name, ...title, ...source, antigens: [name] }],
    antigens: [...schedule.antigens, { name, contraindications, series: [series] }],
  };
}

function withoutGroups(schedule: Schedule, names: readonly string[], path: string): Schedule {
  for (const name of names) {
    if (!schedule.groups.some((group) => group.name === name)) {
      throw new ScheduleError(path, `there is no vaccine group "${name}"`);
    }
  }
  const groups = schedule.groups.filter((group) => !names.includes(group.name));
  const kept = new Set(groups.flatMap((group) => group.antigens));
  return {
    ...schedule,
    groups,
    antigens: schedule.antigens.filter((antigen) => kept.has(antigen.name)),
  };
}

/** Two schedules as one. Where both have an antigen or a group, the first one's stands. */
function join(first: Schedule, second: Schedule): Schedule {
  const vaccines: Record<string, Vaccine> = { ...second.vaccines };
  for (const [code, vaccine] of Object.entries(first.vaccines)) {
    const other = second.vaccines[code]?.antigens ?? [];
    const own = new Set(vaccine.antigens.map((link) => link.antigen));
    vaccines[code] = {
      ...vaccine,
      antigens: [...vaccine.antigens, ...other.filter((link) => !own.has(link.antigen))],
    };
  }
  const added = <T extends { name: string }>(ours: readonly T[], theirs: readonly T[]): T[] => {
    const names = new Set(ours.map((each) => each.name));
    return [...ours, ...theirs.filter((each) => !names.has(each.name))];
  };
  return {
    ...first,
    vaccines,
    groups: added(first.groups, second.groups),
    antigens: added(first.antigens, second.antigens),
    conflicts: [...(first.conflicts ?? []), ...(second.conflicts ?? [])],
    parameters: { ...second.parameters, ...first.parameters },
    observations: { ...second.observations, ...first.observations },
    sources: { ...second.sources, ...first.sources },
  };
}
