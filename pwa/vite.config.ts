import { readFileSync } from 'node:fs';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { viteFirstScreen } from './scripts/first-screen.mjs';
import { viteReadings } from './scripts/readings.mjs';

const version = JSON.parse(
  readFileSync(new URL('./package.json', import.meta.url), 'utf8'),
).version;

/** Where `npm run dev` finds the server; the built program is served by the server itself. */
const server = process.env.MIAOPU_DEV_SERVER ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    vue(),
    viteReadings(),
    viteFirstScreen(380_000),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      includeAssets: ['icon.svg'],
      manifest: {
        id: '/',
        name: '苗圃 儿童免疫信息管理系统',
        short_name: '苗圃',
        description: '儿童免疫信息管理系统 · Child immunization system',
        lang: 'zh-CN',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'any',
        background_color: '#f3f7f4',
        theme_color: '#14694a',
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png' },
          {
            src: 'icon-maskable-512.png',
            sizes: '512x512',
            type: 'image/png',
            purpose: 'maskable',
          },
          { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{js,css,html,svg,png,json,woff2}'],
        // The manager's chart is only of use online, so a clinic's tablet does not store it.
        globIgnores: ['**/CoverageChart-*'],
        navigateFallback: '/index.html',
        // Data is PouchDB's business: the service worker never answers for the server.
        navigateFallbackDenylist: [/^\/db(\/|$)/, /^\/api(\/|$)/],
        runtimeCaching: [],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
        skipWaiting: false,
        maximumFileSizeToCacheInBytes: 3 * 1024 * 1024,
        inlineWorkboxRuntime: true,
        sourcemap: false,
      },
    }),
  ],
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/db': server, '/api': server },
  },
});
