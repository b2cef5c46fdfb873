/**
 * The readings of Chinese characters (读音), taken out of `pinyin-pro` when the program is built: the
 * module `virtual:readings`. All of its dictionary is four times as large, and most of it is words,
 * which nobody asks for: names are read character by character.
 */
import { pinyin } from 'pinyin-pro';

export const READINGS = 'virtual:readings';
const CHINESE = /^\p{Script=Han}$/u;
/** Before the first Chinese character, and after the last. */
const [FIRST, LAST] = [0x2e80, 0x33000];
/** Place 0 as a character; what is below needs escaping. */
const BASE = 0x23;

/** All readings of a character without tones, the likeliest first; `ü` is `v`. */
const ask = (char, more) => [
  ...new Set(
    pinyin(char, { toneType: 'none', type: 'array', v: true, ...more }).filter(
      (one) => one !== char,
    ),
  ),
];

/** The shape is in `src/workspace/readings.d.ts`. */
export function readings() {
  const found = [];
  const surnames = {};
  const uses = new Map();
  for (let code = FIRST; code < LAST; code++) {
    const char = String.fromCodePoint(code);
    if (!CHINESE.test(char)) continue;
    const all = ask(char, { multiple: true }).join(' ');
    const [surname] = ask(char, { surname: 'head' });
    if (surname && surname !== all.split(' ')[0]) surnames[char] = surname;
    if (!all) continue;
    found.push({ code, all });
    uses.set(all, (uses.get(all) ?? 0) + 1);
  }
  const lists = [...uses].sort((a, b) => b[1] - a[1]).map(([all]) => all);
  const place = new Map(lists.map((all, at) => [all, String.fromCharCode(BASE + at)]));
  const runs = [];
  let end = Number.NaN;
  for (const { code, all } of found) {
    if (code !== end) runs.push([code, '']);
    runs[runs.length - 1][1] += place.get(all);
    end = code + 1;
  }
  return { base: BASE, lists, runs, surnames };
}

let source;
/** The module's text; made once. */
const text = () => {
  source ??= `export default JSON.parse(${JSON.stringify(JSON.stringify(readings()))});`;
  return source;
};

/** For Vite. */
export const viteReadings = () => ({
  name: 'readings',
  resolveId: (id) => (id === READINGS ? `\0${READINGS}` : undefined),
  load: (id) => (id === `\0${READINGS}` ? text() : undefined),
});

/** For esbuild. */
export const esbuildReadings = {
  name: 'readings',
  setup(build) {
    build.onResolve({ filter: /^virtual:readings$/ }, ({ path }) => ({
      path,
      namespace: 'readings',
    }));
    build.onLoad({ filter: /.*/, namespace: 'readings' }, () => ({ contents: text() }));
  },
};
