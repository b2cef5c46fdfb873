/** The small forms of the child's page: what each asks for, and the event that it makes. */

import type { EventOf, NewEvent } from '../case/document.ts';

export type RecordKind =
  | 'history'
  | 'refusal'
  | 'contraindication'
  | 'observation'
  | 'card'
  | 'void';

export const RECORD_KINDS = [
  'history',
  'refusal',
  'contraindication',
  'observation',
  'card',
  'void',
] as const satisfies readonly RecordKind[];

export interface RecordForm {
  date: string;
  until: string;
  vaccine: string;
  code: string;
  number: string;
  lot: string;
  maker: string;
  place: string;
  note: string;
  /** The event that is voided. */
  target: string;
  card: string;
  cardState: EventOf<'card'>['state'];
  /** What became of the card that the child holds, when another is issued (补卡). */
  formerCard: '' | 'lost' | 'returned';
}

export function emptyForm(today: string): RecordForm {
  return {
    date: today,
    until: '',
    vaccine: '',
    code: '',
    number: '',
    lot: '',
    maker: '',
    place: '',
    note: '',
    target: '',
    card: '',
    cardState: 'issued',
    formerCard: '',
  };
}

type FieldName = keyof RecordForm;

const NEEDED: Record<RecordKind, readonly FieldName[]> = {
  history: ['date', 'vaccine'],
  refusal: ['date', 'vaccine', 'code'],
  contraindication: ['date', 'code'],
  observation: ['date', 'code'],
  card: ['card'],
  void: ['target', 'code'],
};

/** Fields that are still needed. */
export function missing(kind: RecordKind, form: RecordForm): FieldName[] {
  return NEEDED[kind].filter((name) => form[name].length === 0);
}

const text = (value: string): string | undefined => value.trim() || undefined;

/** The event of a form that has all it needs; empty fields are left out of it. */
export function eventOf(kind: RecordKind, form: RecordForm): NewEvent {
  const { date, vaccine, code } = form;
  const note = text(form.note);
  const until = text(form.until);
  let event: Record<string, unknown>;
  switch (kind) {
    case 'history':
      event = {
        kind: 'dose',
        origin: 'history',
        date,
        vaccine,
        number: form.number ? Number(form.number) : undefined,
        lot: text(form.lot),
        maker: text(form.maker),
        place: text(form.place),
        self_paid: false,
      };
      break;
    case 'refusal':
      event = { kind: 'refusal', date, vaccine, reason: code, note };
      break;
    case 'contraindication':
      event = { kind: 'contraindication', date, code, vaccine: vaccine || undefined, until, note };
      break;
    case 'observation':
      event = { kind: 'observation', date, code, until, note };
      break;
    case 'card':
      event = { kind: 'card', number: form.card, state: form.cardState };
      break;
    case 'void':
      event = { kind: 'void', target: form.target, reason: code, note };
      break;
  }
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined),
  ) as unknown as NewEvent;
}

/**
 * The events of a card's form (发卡、补卡、挂失). A child holds one card: issuing another says first what
 * became of the `held` ones.
 */
export function cardEvents(form: RecordForm, held: readonly string[]): NewEvent<'card'>[] {
  const { card, cardState, formerCard, note } = form;
  const said = text(note);
  const others = cardState === 'issued' ? held.filter((number) => number !== card) : [];
  return [
    ...others.map((number) => ({
      kind: 'card' as const,
      number,
      state: formerCard === 'returned' ? ('returned' as const) : ('lost' as const),
      ...(said && { note: said }),
    })),
    { kind: 'card', number: card, state: cardState, ...(said && { note: said }) },
  ];
}
