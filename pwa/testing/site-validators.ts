/** The validators of a clinic's database (`design-docs/site`) for tests. */
import { readFileSync } from 'node:fs';
import type PouchDB from 'pouchdb-core';

const ROOT = new URL('../../design-docs/', import.meta.url);

export interface UserContext {
  db: string;
  name: string | null;
  roles: string[];
}

/** How each vaccine of the dictionary is given. */
const VACCINES: Record<string, { route: string }> = JSON.parse(
  readFileSync(new URL('../backend/miaopu/catalog/vaccines.json', ROOT), 'utf8'),
);
const ROUTES = Object.fromEntries(
  Object.entries(VACCINES).map(([code, { route }]) => [code, route]),
);

type Validator = (newDoc: object, oldDoc: object | null, userCtx: UserContext) => void;

function load(design: string): Validator {
  const source = readFileSync(new URL(`site/${design}/validate_doc_update.js`, ROOT), 'utf8')
    .replace(/^ *\/\/ !code (.*)$/gm, (_, file: string) =>
      readFileSync(new URL(file, ROOT), 'utf8'),
    )
    .replace('// !json routes', () => `var routes = ${JSON.stringify(ROUTES)};`);
  return new Function(`return (${source});`)() as Validator;
}

const validators = [load('structure'), load('history'), load('authority'), load('rules')];

/** Why the database refuses a write over the nearest ancestor that it knows; null when it takes it. */
export function denialOf(
  doc: PouchDB.Doc,
  before: PouchDB.Doc | null,
  user: UserContext,
): string | null {
  for (const validate of validators) {
    try {
      validate(doc, before, user);
    } catch (error) {
      const { forbidden } = error as { forbidden?: string };
      if (forbidden === undefined) throw error;
      return forbidden;
    }
  }
  return null;
}
