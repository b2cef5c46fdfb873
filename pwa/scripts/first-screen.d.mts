import type { Plugin } from 'vite';

export function viteFirstScreen(limit: number): Plugin;
