function (newDoc, oldDoc, userCtx) {
  // The catalog is written by the administrators of a region, and by the server.

  // !code lib/authority.js

  function isRegionAdministrator() {
    return hasRole('grade:admin') && userCtx.roles.some(function (role) {
      return /^region:[0-9]{6}$/.test(role);
    });
  }

  // `schedule:<name>`, `site:<code>`: the _id says what the field says.
  function checkIdentity() {
    var own = newDoc.code === undefined ? newDoc.name : newDoc.code;
    if (newDoc._id !== newDoc.type + ':' + own) {
      refuse('the _id does not say the same as the fields');
    }
  }

  if (!isServer() && !isRegionAdministrator()) {
    refuse('only administrators of a region write the catalog');
  }
  if (newDoc._deleted) {
    if (!isServer()) { refuse('only the server deletes'); }
    return;
  }
  checkIdentity();
}
