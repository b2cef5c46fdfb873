import { expect, it } from 'vitest';
import { createClock, localDate } from './clock.ts';

const START = Date.parse('2026-11-23T02:00:00.000Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function device() {
  const kept = new Map<string, string>();
  const keep = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const time = { now: START };
  return { keep, time, clock: createClock(keep, () => time.now) };
}

it('measures the offset from the middle of the call, and remembers it', () => {
  const { clock, keep, time } = device();
  expect(clock.offset()).toBeNull();
  clock.measured('2026-11-23T02:00:10.000Z', START, START + 2000);
  expect(clock.offset()).toBe(9000);
  expect(createClock(keep, () => time.now).offset()).toBe(9000);
  // What is recorded bears the right time, by a clock that is a little off.
  expect(clock.instant()).toBe('2026-11-23T02:00:09.000Z');
  expect(clock.device()).toBe(START);
  expect(() => clock.measured('soon', 0, 0)).toThrow();
});

it.each([
  [9 * MINUTE, 'ok'],
  [11 * MINUTE, 'warn'],
  [-11 * MINUTE, 'warn'],
  [DAY + MINUTE, 'wrong'],
  [-365 * DAY, 'wrong'],
])('%i ms off is %s', (off, level) => {
  const { clock } = device();
  clock.measured(new Date(START + off).toISOString(), START, START);
  expect(clock.state().level).toBe(level);
  if (level === 'wrong') expect(() => clock.recording()).toThrow(/ClockWrong/);
  else clock.recording();
});

it('notices a clock that was set back since the last record, until the server says it is right', () => {
  const { clock, time } = device();
  clock.recording();
  time.now -= 20 * MINUTE;
  expect(clock.state()).toMatchObject({ level: 'warn', cause: 'backwards' });
  time.now -= 2 * DAY;
  expect(clock.state().level).toBe('wrong');
  expect(() => clock.recording()).toThrow(/ClockWrong/);
  clock.measured(new Date(time.now).toISOString(), time.now, time.now);
  expect(clock.state().level).toBe('ok');
  clock.recording();
});

it('has the day of the clinic, whatever zone the tablet is set to', () => {
  // 20:00 in London, 09:00 of the same day in Apia.
  expect(localDate(Date.parse('2026-11-23T20:00:00.000Z'))).toBe('2026-11-24');
  expect(localDate(Date.parse('2026-11-23T15:59:59.999Z'))).toBe('2026-11-23');
});

it('asks a person for the day where the server has not vouched for it', () => {
  const { clock, time } = device();
  clock.recording();
  clock.measured('2026-11-23T02:00:00.000Z', START, START);
  time.now += 13 * 60 * MINUTE;
  clock.recording();
  // Put on by 20 hours while nobody could tell, or simply the next morning.
  time.now += 20 * 60 * MINUTE;
  expect(clock.state()).toMatchObject({ level: 'ask', cause: 'day' });
  expect(() => clock.recording()).toThrow(/DayUnsure/);
  clock.confirm();
  clock.recording();
  time.now += DAY;
  expect(() => clock.recording()).toThrow(/DayUnsure/);
  clock.measured(new Date(time.now).toISOString(), time.now, time.now);
  expect(clock.state().level).toBe('ok');
  clock.recording();
});
