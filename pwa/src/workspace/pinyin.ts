/** Names to pinyin. The dictionary is large, so it is loaded when the index first needs it. */
import type { Pinyin } from './row.ts';

const CHINESE = /\p{Script=Han}/u;

/** Loads the dictionary. Surnames are read as surnames (单 shan, 仇 qiu, 尉迟 yuchi). */
export async function loadPinyin(): Promise<Pinyin> {
  const { pinyin } = await import('pinyin-pro');
  const known = new Map<string, string[]>();
  return (name) => {
    if (!CHINESE.test(name)) {
      return name
        .toLowerCase()
        .split(/[\s·'’-]+/)
        .filter(Boolean);
    }
    const before = known.get(name);
    if (before) return before;
    const syllables = pinyin(name, {
      toneType: 'none',
      type: 'array',
      surname: 'head',
      v: true,
      nonZh: 'removed',
    });
    if (known.size > 50_000) known.clear();
    known.set(name, syllables);
    return syllables;
  };
}
