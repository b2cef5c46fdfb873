function (newDoc, oldDoc, userCtx) {
  // A region's database is written by the server alone, by replication.

  // !code lib/authority.js

  if (!isServer()) { refuse('server-only'); }
}
