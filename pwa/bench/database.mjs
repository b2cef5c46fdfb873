/**
 * PouchDB's own replication with a CouchDB-like server, for `./dev bench database`: makes documents
 * in memory, pushes them into the database, and pulls them into an empty one.
 *
 *     MIAOPU_BENCH_URL=http://name:password@host:port/database node bench/database.mjs push|pull 1000
 *
 * Prints the milliseconds that the replication took.
 */
import http from 'pouchdb-adapter-http';
import memory from 'pouchdb-adapter-memory';
import PouchDB from 'pouchdb-core';
import replication from 'pouchdb-replication';

PouchDB.plugin(http).plugin(memory).plugin(replication);

const [way, count] = process.argv.slice(2);
const url = process.env.MIAOPU_BENCH_URL;
if (!url || !['push', 'pull'].includes(way) || !(Number(count) > 0)) {
  throw new Error('usage: MIAOPU_BENCH_URL=… node bench/database.mjs push|pull COUNT');
}

/** About 7 kB, as a child's document. */
const PADDING = '苗'.repeat(2300);
const local = new PouchDB('bench', { adapter: 'memory' });
const remote = new PouchDB(url, { skip_setup: true });
if (way === 'push') {
  const documents = Array.from({ length: Number(count) }, (_, n) => ({
    _id: `child:${String(n).padStart(8, '0')}`,
    type: 'child',
    n,
    facts: PADDING,
  }));
  await local.bulkDocs(documents);
}
const started = performance.now();
await (way === 'push' ? local.replicate.to(remote) : local.replicate.from(remote));
const took = performance.now() - started;
const there = (await (way === 'push' ? remote : local).info()).doc_count;
if (there !== Number(count)) throw new Error(`${there} of ${count} documents arrived`);
console.log(took);
