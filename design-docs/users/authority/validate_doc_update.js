function (newDoc, oldDoc, userCtx) {
  // Beside CouchDB's own rules: an account is changed through /api/accounts, which asks for the old
  // password, knows what a strong one is, and writes the trail. The name on forms is no one's to
  // choose for himself.
  if (userCtx.roles.indexOf('_admin') < 0) {
    throw { forbidden: '[accounts-only] document' };
  }
}
