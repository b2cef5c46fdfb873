function (newDoc, oldDoc, userCtx) {
  // The trail is written by the server alone. An entry is never changed and never deleted, by
  // nobody: what is too old goes with its whole database.

  // !code lib/authority.js

  if (!isServer()) { refuse('only the server writes the trail'); }
  if (newDoc._deleted) { refuse('an entry of the trail is never deleted'); }
  unchanged('an entry of the trail');
}
