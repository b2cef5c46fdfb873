import { expect, it } from 'vitest';
import type { ChildDoc } from '../case/document.ts';
import { FREE_PLACE } from '../case/visit.ts';
import { boardOf, countdown, minutesLeft, stayOf } from './board.ts';

const DAY = '2026-11-29';
const at = (time: string) => `${DAY}T${time}:00.000Z`;
const now = Date.parse(at('02:30'));
const dose = (time: string) => ({
  kind: 'dose',
  origin: 'given',
  date: DAY,
  vaccine: '1201',
  at: at(time),
});
const child = (name: string, events: object) =>
  ({
    _id: `child:${name}`,
    type: 'child',
    facts: { name: { value: name } },
    events,
  }) as unknown as ChildDoc;

const early = child('early', { '01A': dose('02:20') });
const ready = child('ready', { '01A': dose('01:50'), '01B': dose('01:55') });
const left = child('left', {
  '01A': dose('01:00'),
  '01B': {
    kind: 'stay',
    date: DAY,
    since: at('01:00'),
    until: at('01:31'),
    minutes: 30,
    reaction: false,
  },
});
const sick = child('sick', {
  '01A': dose('02:10'),
  '01C': { kind: 'aefi', date: DAY, symptoms: ['fainting'] },
});
const none = child('none', { '01A': { kind: 'precheck', date: DAY, passed: true } });

it('who may leave first stands first; who has left or was given nothing is not waited for', () => {
  const { here, gone } = boardOf([early, ready, left, sick, none], DAY, FREE_PLACE, now);
  expect(here.map(({ name }) => name)).toEqual(['ready', 'sick', 'early']);
  expect(here.map((one) => minutesLeft(one.left))).toEqual([0, 10, 20]);
  expect(gone.map(({ name }) => name)).toEqual(['left']);
});

it('a clinic may keep children longer', () => {
  const { here } = boardOf([ready], DAY, { ...FREE_PLACE, observationMinutes: 60 }, now);
  expect(minutesLeft(here[0]?.left ?? 0)).toBe(25);
});

it('leaving says since when, until when, and that there was a reaction', () => {
  const { here } = boardOf([sick], DAY, FREE_PLACE, now);
  if (!here[0]) throw new Error('nobody');
  expect(stayOf(here[0], 30, DAY, at('02:30'), ' 急事 ')).toEqual({
    kind: 'stay',
    date: DAY,
    since: at('02:10'),
    until: at('02:30'),
    minutes: 30,
    reaction: true,
    reason: '急事',
  });
});

it('the time left is told in minutes and seconds, and how long it is over', () => {
  expect(countdown(245_000)).toBe('4:05');
  expect(countdown(1)).toBe('0:01');
  expect(countdown(0)).toBe('+0:00');
  expect(countdown(-130_000)).toBe('+2:10');
});
