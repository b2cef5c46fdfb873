import type { Layer, Schedule } from './types.ts';
export function applyLayers(schedule: Schedule, layers: readonly Layer[]): Schedule {
  return layers.length ? schedule : schedule;
}
