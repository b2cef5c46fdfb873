/**
 * The words of all features in one language: each feature keeps its own beside its pages, in
 * `words.<language>.json`, by namespaces that no other feature has.
 */

export type Words = { [key: string]: string | Words };

/** One catalogue of the features' files. Throws where two features have one namespace. */
export function gathered(files: Record<string, Words>): Words {
  const all: Words = {};
  for (const [file, words] of Object.entries(files)) {
    for (const [namespace, texts] of Object.entries(words)) {
      if (namespace in all) throw new Error(`${file}: another feature has the words ${namespace}`);
      all[namespace] = texts;
    }
  }
  return all;
}
