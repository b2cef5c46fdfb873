/** What each column of a file holds, as a person chooses it (列对照). */
import type { Mapping, MappingShown } from '../models/api.ts';

export const CHILD_FIELDS = [
  'child_code',
  'name',
  'sex',
  'birth_date',
  'id_number',
  'card',
  'birth_certificate',
  'birth_weight_g',
  'mother_name',
  'mother_id_number',
  'father_name',
  'parents',
  'phone',
  'phone_2',
  'address',
  'household_address',
  'committee',
  'household',
  'residence',
  'register_status',
  'mother_hbsag',
  'birth_hospital',
  'school',
  'occupation',
  'ethnic_group',
  'remark',
] as const;
export const DOSE_FIELDS = [
  'vaccine',
  'vaccine_class',
  'number',
  'date',
  'lot',
  'expiry',
  'maker',
  'trace_code',
  'spec',
  'amount',
  'body_site',
  'route',
  'paid',
  'campaign',
  'place',
] as const;
export const WIDE_PARTS = ['date', 'lot', 'maker', 'place', 'expiry'] as const;

/** A column that is a dose: `wide.<vaccine>.<number>.<part>`; number 0: the header names none. */
export interface Wide {
  vaccine: string;
  number: number;
  part: string;
}

export function wideOf(field: string): Wide | null {
  const [kind, vaccine = '', number = '0', part = 'date'] = field.split('.');
  return kind === 'wide' ? { vaccine, number: Number(number), part } : null;
}

export const fieldOf = ({ vaccine, number, part }: Wide) => `wide.${vaccine}.${number}.${part}`;

/** The mapping as the file was read by it, to be changed. */
export function mappingOf(shown: MappingShown): Mapping {
  const known = Object.entries(shown.words).filter(
    (one): one is [string, string] => one[1] !== null,
  );
  return {
    ...(shown.encoding !== null && {
      encoding: shown.encoding as NonNullable<Mapping['encoding']>,
    }),
    ...(shown.sheet !== null && { sheet: shown.sheet }),
    ...(shown.epoch !== null && { epoch: shown.epoch }),
    header_row: shown.header_row,
    columns: { ...shown.columns },
    vaccines: Object.fromEntries(known),
  };
}

/** The mapping with a column read as something else; `''` leaves it out. */
export function withColumn(mapping: Mapping, header: string, field: string): Mapping {
  const columns = { ...mapping.columns };
  if (field === '') delete columns[header];
  else columns[header] = field;
  return { ...mapping, columns };
}
