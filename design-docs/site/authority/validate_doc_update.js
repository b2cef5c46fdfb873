function (newDoc, oldDoc, userCtx) {
  // Who may write what in a clinic's database. What a document looks like is checked by
  // `structure`; every write passes both.

  // !code lib/authority.js
  // !code lib/history.js
  // !code lib/deletion.js

  // The clinic whose database this is: it stands in the name.
  var site = (/^site-([0-9]{10})$/.exec(userCtx.db) || [])[1];

  function writesHere() {
    return isServer() || (site !== undefined && hasRole('site:' + site));
  }

  function setsUp() {
    return isServer() || hasRole('grade:senior') || hasRole('grade:admin');
  }

  // A clinic records in its own name; what others recorded comes by the server.
  function ofThisSite(record, what) {
    if (!isServer() && record.site !== site) { refuse(what + ' names another site'); }
  }

  // Colleagues share a device, so whoever is logged in when it syncs may bring what others of the
  // clinic recorded; the device, the site and the author stand in each event.
  function checkAdded() {
    for (var id in newDoc.events) {
      if (!oldDoc || !oldDoc.events || !owns(oldDoc.events, id)) {
        ofThisSite(newDoc.events[id], 'event ' + id);
      }
    }
  }

  function checkChild() {
    keepEvents();
    keepFacts();
    checkAdded();
  }

  function checkNumbers() {
    var block = (newDoc.block < 10 ? '0' : '') + newDoc.block;
    if (newDoc._id !== 'numbers:' + newDoc.site + ':' + newDoc.year + ':' + block) {
      refuse('the _id does not say the same as the fields');
    }
    ofThisSite(newDoc, 'the block');
    unchanged('a block of numbers');
  }

  function checkProblem() {
    ofThisSite(newDoc, 'the report');
    if (oldDoc && !oldDoc._deleted &&
        !same(written(oldDoc, 'resolved_at'), written(newDoc, 'resolved_at'))) {
      refuse('of a problem only resolved_at is changed');
    }
  }

  function checkSettings() {
    if (!setsUp()) { refuse('needs the grade senior or admin'); }
    if (newDoc._id !== 'settings:' + newDoc.site) {
      refuse('the _id does not say the same as the fields');
    }
    ofThisSite(newDoc, 'the document');
  }

  if (!writesHere()) { refuse('only accounts of this clinic write here'); }
  if (newDoc._deleted) { return checkDeletion(); }
  switch (newDoc.type) {
    case 'child': return checkChild();
    case 'stock': ofThisSite(newDoc, 'the move'); return unchanged('a stock move');
    case 'numbers': return checkNumbers();
    case 'device': return ofThisSite(newDoc, 'the device');
    case 'problem': return checkProblem();
    case 'settings': return checkSettings();
    default: refuse('this type of document is not written here');
  }
}
