/**
 * Prints the rules of recording (可否登记的规则, `src/case/rules`) as one ES5 script with the global
 * `rules`: `design-docs/lib/rules.js`, which `miaopu generate` writes. Fails where they use more than
 * ES5's library, which is all that a CouchDB may have.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';

const entry = fileURLToPath(new URL('../src/case/rules/bundle.ts', import.meta.url));

const { outputFiles, metafile } = await build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  metafile: true,
  format: 'iife',
  globalName: 'rules',
  target: 'es2020',
  charset: 'ascii',
  legalComments: 'none',
});
// What is imported for its types alone may use more.
const inputs = new Set(Object.keys(metafile.inputs).map((name) => resolve(name)));
const program = ts.createProgram([entry], {
  noEmit: true,
  strict: true,
  target: ts.ScriptTarget.ES5,
  lib: ['lib.es5.d.ts'],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
});
const faults = ts
  .getPreEmitDiagnostics(program)
  .filter(({ file }) => file && inputs.has(resolve(file.fileName)));
if (faults.length > 0) {
  const host = {
    getCurrentDirectory: () => process.cwd(),
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  };
  console.error(ts.formatDiagnostics(faults, host));
  process.exit(1);
}
const { outputText } = ts.transpileModule(outputFiles[0].text, {
  compilerOptions: { target: ts.ScriptTarget.ES5, removeComments: true },
});
process.stdout.write(
  `// Compiled from pwa/src/case/rules by \`miaopu generate\`. Do not edit.\n${outputText}`,
);
