import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';
import { viteReadings } from './scripts/readings.mjs';

export default defineConfig({
  plugins: [vue(), viteReadings()],
  define: { __APP_VERSION__: JSON.stringify('0.0.0-test') },
  test: {
    // A busy machine is no failure: a test that hangs still ends.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    environment: 'node',
    // Its components import their styles, which Node cannot read.
    server: { deps: { inline: [/element-plus/] } },
    maxWorkers: 2,
  },
});
