/** What the program expects of a browser and Node.js has not: IndexedDB, and a name to go by. */
import 'fake-indexeddb/auto';

Object.defineProperty(globalThis, 'navigator', {
  value: { userAgent: 'Miaopu' },
  configurable: true,
});
