/**
 * Fails a build whose first screen (首屏) is too much to fetch: what a browser asks for until a nurse
 * who has logged in on an empty tablet can swipe a card. `./dev bench clinic` measures the same.
 */
import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';

/** What is fetched without being asked for by an import that stands at the top of a file. */
const FIRST = [
  '/index.html',
  '/src/accounts/LoginPage.vue',
  '/src/desk/HomePage.vue',
  // Fetched ahead, so that the first child and the first dose wait for nothing.
  '/src/desk/ChildPage.vue',
  '/src/vaccinate/VaccinatePanel.vue',
  'virtual:readings',
  '/workbox-window',
];

/** Names of the files of the first screen, with what they import. */
export function firstScreen(bundle) {
  const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
  const names = new Set();
  const take = (chunk) => {
    if (!chunk || names.has(chunk.fileName)) return;
    names.add(chunk.fileName);
    for (const css of chunk.viteMetadata?.importedCss ?? []) names.add(css);
    for (const name of chunk.imports) take(bundle[name]);
  };
  for (const part of FIRST) {
    const found = chunks.filter(({ facadeModuleId }) => facadeModuleId?.includes(part));
    if (found.length === 0) throw new Error(`The first screen has no ${part} any more.`);
    for (const chunk of found) take(chunk);
  }
  return [...names];
}

const gzipped = (file) => gzipSync(Buffer.from(file.code ?? file.source)).length;

/** For Vite: `limit` is in bytes. */
export const viteFirstScreen = (limit) => ({
  name: 'first-screen',
  apply: 'build',
  enforce: 'post',
  generateBundle(_, bundle) {
    const sizes = firstScreen(bundle)
      .map((name) => [name, gzipped(bundle[name])])
      .sort((a, b) => b[1] - a[1]);
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    const told = `first screen: ${(total / 1000).toFixed(0)} kB gzip of ${limit / 1000}`;
    if (total <= limit) return this.info(told);
    const largest = sizes.slice(0, 12).map(([name, size]) => `${name} ${(size / 1000).toFixed(1)}`);
    return this.error(`${told}. Fetch later what is not needed at once.\n${largest.join('\n')}`);
  },
});
