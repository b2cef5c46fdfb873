/// <reference types="vite/client" />
/// <reference types="vite-plugin-pwa/client" />

/** The program's version, from package.json. */
declare const __APP_VERSION__: string;
