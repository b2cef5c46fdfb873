/**
 * The schedule engine (免疫程序引擎): pure functions over the shapes of types.ts.
 *
 * - `compile(schedule: Schedule): Compiled`: once for a schedule; throws `ScheduleError`
 * - `forecast(compiled: Compiled, child: Child, asOf: Day, options?: Options): Forecast`
 * - `applyLayers(schedule: Schedule, layers: Layer[]): Schedule`: local rules over an edition
 * - `checkSchedule(schedule: Schedule): Problem[]`: what is wrong with it
 * - `chooseEdition(schedules: Schedule[], birth: Day, asOf: Day): Schedule | null`
 * - `planVisit(compiled: Compiled, forecast: Forecast, child: Child, day: Day): VisitPlan`
 * - `parseDay`, `formatDay`, `addAge`, `ageOn`: dates as day numbers
 */
export * from './3.4-dates.ts';
export { forecast } from './4-process.ts';
export { type Compiled, compile, ScheduleError } from './compile.ts';
export * from './types.ts';
