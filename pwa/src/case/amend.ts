/**
 * Times that a device got wrong while nobody could tell it (时间更正): its clock had jumped ahead
 * since it last heard the server. The server refuses them, and what was recorded is right but for its
 * time. Once the clock is measured again, they are put right before they are sent once more.
 */
import { canonical } from './canonical.ts';
import type { ChildDoc, ChildEvent, FactName, Facts } from './document.ts';

/** More than this ahead of now, in ms: the server allows ten minutes. */
const AHEAD_MS = 5 * 60_000;

export interface Measured {
  /** This device: what others recorded is theirs to amend. */
  station: string;
  /** Now, in ms, as the server has just said. */
  now: number;
  /** Server time minus device time in ms, as just measured. */
  offset: number;
  /** The day of a moment, at the clinic. */
  dateOf: (ms: number) => string;
}

type Fact = NonNullable<Facts[FactName]>;

const isAhead = (at: string, { now }: Measured) => Date.parse(at) > now + AHEAD_MS;
const instant = (ms: number) => new Date(ms).toISOString();

/** An event's time by the clock as it is known now; its day goes with it where it was that day's. */
function amendedEvent(event: ChildEvent, measured: Measured): ChildEvent {
  if (event.station !== measured.station || !isAhead(event.at, measured)) return event;
  const recorded = Date.parse(event.at);
  const right = Math.min(measured.now, recorded - (event.offset_ms ?? 0) + measured.offset);
  const isOfThatDay = 'date' in event && event.date === measured.dateOf(recorded);
  return {
    ...event,
    at: instant(right),
    offset_ms: measured.offset,
    ...(isOfThatDay && { date: measured.dateOf(right) }),
  } as ChildEvent;
}

/** Says one event what another says, but for its times? */
function isAmended(one: ChildEvent, other: ChildEvent | undefined): boolean {
  const bare = (event: object) => canonical({ ...event, at: '', offset_ms: 0, date: '' });
  return other !== undefined && bare(one) === bare(other);
}

/**
 * A refused version of a child with its times put right, beside what the server has of it. What it
 * has, amended before, stays as it is there.
 */
export function amended(leaf: ChildDoc, base: ChildDoc, measured: Measured): ChildDoc {
  const events = Object.entries(leaf.events).map(([id, event]) => {
    const there = base.events[id];
    const isThere = isAhead(event.at, measured) && isAmended(event, there);
    return [id, isThere ? there : amendedEvent(event, measured)];
  });
  const facts = (Object.entries(leaf.facts) as [FactName, Fact][]).map(([name, fact]) => {
    const there = base.facts[name];
    if (!isAhead(fact.at, measured) || there?.at === fact.at) return [name, fact];
    const isThere = there?.by === fact.by && canonical(there.value) === canonical(fact.value);
    return [name, isThere ? there : { ...fact, at: instant(measured.now) }];
  });
  return { ...leaf, events: Object.fromEntries(events), facts: Object.fromEntries(facts) };
}
