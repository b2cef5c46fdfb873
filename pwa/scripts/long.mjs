/** Names the functions of the application that are too long to be read at once; exits 1 for any. */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

const MOST = 100;
const root = new URL('../src/', import.meta.url);
let found = 0;

function scriptOf(name) {
  const text = readFileSync(new URL(name, root), 'utf8');
  return name.endsWith('.vue') ? (/<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '') : text;
}

for (const name of readdirSync(root, { recursive: true })) {
  if (!/\.(ts|vue)$/.test(name) || name.endsWith('.test.ts')) continue;
  const source = ts.createSourceFile(name, scriptOf(name), ts.ScriptTarget.Latest, true);
  const line = (position) => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node) => {
    if (ts.isFunctionLike(node) && node.body) {
      const lines = line(node.end) - line(node.getStart()) + 1;
      if (lines > MOST) {
        const called = node.name?.text ?? node.parent.name?.text ?? 'a function';
        console.error(`pwa/src/${name}: ${called} is ${lines} lines long`);
        found += 1;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
process.exit(found ? 1 : 0);
