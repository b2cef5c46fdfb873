function (newDoc, oldDoc, userCtx) {
  // What was recorded is not lost. The same in every database that a document comes through, so that
  // one that was found good need not be looked at again.

  // !code lib/authority.js
  // !code lib/history.js

  checkHistory();
}
