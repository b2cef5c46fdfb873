/**
 * The schedule engine (免疫程序引擎): pure functions over the shapes of types.ts.
 *
 * - `compile(schedule)`: makes a schedule ready, once; throws `ScheduleError`
 * - `forecast(compiled, child, asOf, options)`: evaluates every dose, forecasts every group
 * - `applyLayers(schedule, layers)`: local rules over an edition
 * - `checkSchedule(schedule)`, `checkLayers(schedule, layers)`: what is wrong
 * - `chooseEdition(schedules, birth, asOf)`: which edition is for a child
 * - `planVisit(compiled, forecast, day)`: what to give on a day within the limits on a visit
 * - `parseDay`, `formatDay`, `addAge`, `ageOn`: dates as day numbers
 *
 * Files are named after the sections of the CDSi logic specification 4.6 that they implement.
 */
export * from './3.4-dates.ts';
export { forecast } from './4-process.ts';
export { checkLayers, checkSchedule } from './check.ts';
export { type Compiled, compile, ScheduleError } from './compile.ts';
export { chooseEdition } from './editions.ts';
export { applyLayers } from './layers.ts';
export * from './types.ts';
export { planVisit, type VisitPlan } from './visit.ts';
