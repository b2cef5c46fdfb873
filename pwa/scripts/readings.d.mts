import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin } from 'vite';

export function viteReadings(): Plugin;
export const esbuildReadings: EsbuildPlugin;
