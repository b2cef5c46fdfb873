function (newDoc, oldDoc, userCtx) {
  // The catalog is written by the administrators of a region, and by the server.

  // !code lib/authority.js

  // The codes of GB/T 2260 nest: a province ends in 0000, a city in 00; a clinic's code begins with
  // its county's.
  function isBelow(code, region) {
    var stem = region.replace(/(00){1,2}$/, '');
    return typeof code === 'string' && code.substr(0, stem.length) === stem;
  }

  // The region of the administrator who writes.
  function ownRegions() {
    var regions = [];
    userCtx.roles.forEach(function (role) {
      if (/^region:[0-9]{6}$/.test(role)) { regions.push(role.substr(7)); }
    });
    return hasRole('grade:admin') ? regions : [];
  }

  function inOwnRegion(code) {
    return ownRegions().some(function (region) { return isBelow(code, region); });
  }

  // A place says who may read it: the regions above it. So nobody moves a place that is not theirs,
  // and nobody moves one to a region that is not theirs.
  function checkPlace(doc) {
    var above = doc.type === 'site' && doc.region !== undefined ? doc.region : doc.code;
    if (!inOwnRegion(doc.code) || !inOwnRegion(above)) {
      refuse('other-region');
    }
  }

  function checkRegion() {
    var before = oldDoc && !oldDoc._deleted ? oldDoc.parent : null;
    if (before === null && newDoc.parent !== undefined && !inOwnRegion(newDoc.parent)) {
      refuse('other-region', 'field parent');
    }
    if (before !== null && before !== newDoc.parent) {
      refuse('server-only', 'field parent');
    }
  }

  // What a region says of its own (地方规则、相关信息): it is of its author's region or one below, before
  // and after, and names nobody else's clinics. What a region ordered, those below do not change.
  function checkOwn(doc) {
    var sites = doc.sites || [];
    if (!inOwnRegion(doc.region)) {
      refuse('other-region', 'field region');
    }
    for (var i = 0; i < sites.length; i += 1) {
      if (!isBelow(sites[i], doc.region)) { refuse('other-region', 'field sites'); }
    }
  }

  // Editions and dictionaries are common to all below a province, and the program brings them: its
  // administrators add, and nobody takes away or changes what records were made by.
  function checkCommon() {
    var before = oldDoc && !oldDoc._deleted ? oldDoc : null;
    if (!ownRegions().some(function (region) { return /0000$/.test(region); })) {
      refuse('province-only');
    }
    if (newDoc.type === 'schedule' && before && !same(written(before), written(newDoc))) {
      refuse('edition-stands');
    }
    for (var code in (newDoc.type === 'dictionary' && before && before.entries) || {}) {
      if (!owns(newDoc.entries, code)) { refuse('entry-missing', 'field entries.' + shown(code)); }
    }
  }

  if (!isServer() && ownRegions().length === 0) {
    refuse('admin-only');
  }
  if (newDoc._deleted) {
    if (!isServer()) { refuse('server-only'); }
    return;
  }
  checkId([newDoc.type, [newDoc.code, newDoc.name, newDoc.year].filter(function (own) { return own !== undefined; })[0]]);
  if (isServer()) { return; }
  if (newDoc.type === 'site' || newDoc.type === 'region') {
    checkPlace(newDoc);
    if (oldDoc && !oldDoc._deleted) { checkPlace(oldDoc); }
  }
  if (newDoc.type === 'region') { checkRegion(); }
  if (newDoc.type === 'schedule' || newDoc.type === 'dictionary' || newDoc.type === 'holidays') {
    checkCommon();
  }
  var isOwn = ['layer', 'article', 'department'].indexOf(newDoc.type) >= 0;
  if (isOwn) {
    checkOwn(newDoc);
    if (oldDoc && !oldDoc._deleted) { checkOwn(oldDoc); }
  }
  if ((isOwn || newDoc.type === 'holidays') && newDoc.updated_by !== userCtx.name) {
    refuse('not-the-author', 'field updated_by');
  }
}
