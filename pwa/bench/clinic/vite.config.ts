/** Builds the bench's page by itself; it is no part of the application. */
import { defineConfig } from 'vite';
import { viteReadings } from '../../scripts/readings.mjs';

export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  base: '/bench/',
  plugins: [viteReadings()],
  define: { __APP_VERSION__: JSON.stringify('bench') },
  build: { target: 'es2022', outDir: '../../.vite/bench', emptyOutDir: true },
});
