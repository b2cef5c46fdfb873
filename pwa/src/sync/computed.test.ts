import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { revisionOf } from './computed.ts';

const { tablet_revision: vectors } = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/merge.json', import.meta.url), 'utf8'),
) as { tablet_revision: { title: string; body: object; parent: string; revision: string }[] };

it.each(vectors.map((vector) => [vector.title, vector] as const))(
  'computes the revision that the server computes too: %s',
  async (_, { body, parent, revision }) => {
    const written = await revisionOf({ ...body, _rev: parent }, parent);
    expect(written._rev).toBe(revision);
  },
);
