function (newDoc, oldDoc, userCtx) {
  // What may be recorded, as far as one document can tell: the rules of pwa/src/case/rules. The same
  // in every database that a document comes through. Who writes is looked at only where two records
  // contradict each other, so that a document that was found good need not be looked at again.

  // !code lib/rules.js
  // !json routes

  var denial = rules.denialOfDocument(newDoc, oldDoc, {
    routes: routes,
    isMerge: function () {
      return userCtx.roles.indexOf('server') >= 0 || userCtx.roles.indexOf('_admin') >= 0;
    }
  });
  if (denial !== null) { throw { forbidden: '[' + denial.code + '] ' + denial.part }; }
}
