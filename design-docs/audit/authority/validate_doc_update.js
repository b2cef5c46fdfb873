function (newDoc, oldDoc, userCtx) {
  // The trail is written by the server alone. An entry is never changed and never deleted, by
  // nobody: what is too old goes with its whole database.

  // !code lib/authority.js

  if (!isServer()) { refuse('server-only'); }
  if (newDoc._deleted) { refuse('unchangeable'); }
  unchanged();
}
