function (newDoc, oldDoc, userCtx) {
  // Who may write what in a clinic's database. What a document looks like is checked by `structure`,
  // and that it loses nothing by `history`; every write passes all three.

  // !code lib/authority.js

  // The clinic whose database this is: it stands in the name.
  var site = (/^site-([0-9]{10})$/.exec(userCtx.db) || [])[1];

  function ofTheClinic() {
    return isServer() || (site !== undefined && hasRole('site:' + site));
  }

  // `_security` lets in only the regions above this clinic, so a region's role says: from above.
  function fromAbove() {
    return userCtx.roles.some(function (role) { return /^region:[0-9]{6}$/.test(role); });
  }

  function isSenior() {
    return isServer() || hasRole('grade:senior') || hasRole('grade:admin');
  }

  function clinicOnly() {
    if (!ofTheClinic()) { refuse('not-this-place'); }
  }

  function seniorOnly(part) {
    if (!isSenior()) { refuse('senior-only', part); }
  }

  // A clinic records in its own name; what others recorded comes by the server.
  function ofThisSite(record, part) {
    if (!isServer() && record.site !== site) { refuse('other-site', part); }
  }

  // What a document looks like is said by `structure`, which a database may ask later than this.
  function checkEvents() {
    if (!isObject(newDoc.events)) { refuse('wrong-type', 'field events'); }
    for (var id in newDoc.events) {
      if (!isObject(newDoc.events[id])) { refuse('wrong-type', eventPart(id)); }
    }
  }

  // The event of a document that another names, or undefined: `id` may be anything.
  function eventOf(doc, id) {
    var events = doc && doc.events;
    return events && typeof id === 'string' && owns(events, id) ? events[id] : undefined;
  }

  // Colleagues share a device, so whoever is logged in when it syncs may bring what others of the
  // clinic recorded; the device, the site and the author stand in each event.
  function checkAdded() {
    for (var id in newDoc.events) {
      if (eventOf(oldDoc, id) === undefined) {
        ofThisSite(newDoc.events[id], eventPart(id));
        if (newDoc.events[id].kind === 'void') { checkVoid(id); }
        if (!isServer()) {
          checkMoment(id, newDoc.events[id]);
          checkKind(id, newDoc.events[id]);
        }
      }
    }
  }

  // Whether two cases are one child is a senior's to say; each step of a move is its own clinic's.
  function checkKind(id, event) {
    if (event.kind === 'same_as' || event.kind === 'not_same_as') { seniorOnly(eventPart(id)); }
    if (event.kind === 'pin' && (event.step === 'unlocked' || event.step === 'reset')) {
      seniorOnly(eventPart(id));
    }
    if (event.kind !== 'move') { return; }
    var own = event.step === 'released' ? event.from_site : event.to_site;
    if (own !== undefined && own !== site) {
      refuse('other-sites-step', eventPart(id));
    }
  }

  // The id of an event is drawn when it is recorded (`pwa/src/ids`): it sorts the event where it
  // belongs. A device's clock may have been found wrong since, and the event's time corrected.
  function checkMoment(id, event) {
    var ms = 0;
    for (var i = 0; i < 10; i += 1) {
      ms = ms * 32 + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(id.charAt(i));
    }
    if (Math.abs(ms - Date.parse(event.at)) > 3 * 86400000) {
      refuse('event-id-time', eventPart(id));
    }
  }

  function managerIn(doc) {
    var fact = doc && doc.facts && doc.facts.site;
    return fact && fact.value !== undefined ? fact.value : null;
  }

  function answersOf(event) {
    var isReceipt = event.kind === 'move' && event.step === 'received';
    return isReceipt && Array.isArray(event.answers) ? event.answers : [];
  }

  // Was a step answered before this write? Once and for all, also by a receipt that was taken back.
  function isAnswered(id) {
    var before = (oldDoc && oldDoc.events) || {};
    return Object.keys(before).some(function (other) {
      return answersOf(before[other]).indexOf(id) >= 0;
    });
  }

  function isTakenBack(id) {
    var doc = newDoc;
    // !code lib/child.js
    return voidedEvents()[id] === true;
  }

  // Does a step let the child go, from the clinic that manages it, to this one or to whoever asks?
  function letsGo(id, manager) {
    var step = eventOf(newDoc, id);
    return step !== undefined && step.kind === 'move' && step.step === 'released' &&
      (step.from_site === undefined ? step.site : step.from_site) === manager &&
      (step.to_site === undefined || step.to_site === site) &&
      !isAnswered(id) && !isTakenBack(id);
  }

  // Was the child received here by an event that comes with this write, after its manager's release?
  function isReceived(manager) {
    return Object.keys(newDoc.events).some(function (id) {
      var event = newDoc.events[id];
      return event.to_site === site && eventOf(oldDoc, id) === undefined &&
        answersOf(event).some(function (answered) { return letsGo(answered, manager); });
    });
  }

  // A clinic manages whom it registers; whom another manages it receives after a release.
  function checkManager() {
    var before = managerIn(oldDoc);
    var after = managerIn(newDoc);
    if (isServer() || after === before) { return; }
    if (after !== site) { refuse('other-manager', factPart('site')); }
    if (before !== null && !isReceived(before)) {
      refuse('no-receipt', factPart('site'));
    }
  }

  // A mistake is voided by whoever made it, or by a senior. What the database holds already it
  // knows the author of; of what comes together with its void, the device says it.
  function checkVoid(id) {
    var target = eventOf(newDoc, newDoc.events[id].target);
    var known = eventOf(oldDoc, newDoc.events[id].target) !== undefined;
    if (isSenior()) { return; }
    if (!target) { refuse('unknown-target', eventPart(id)); }
    if (target.kind === 'pin' || target.kind === 'payment') { seniorOnly(eventPart(id)); }
    if (target.by !== (known ? userCtx.name : newDoc.events[id].by)) {
      refuse('void-of-another', eventPart(id));
    }
  }

  function checkChild() {
    clinicOnly();
    checkEvents();
    checkAdded();
    checkManager();
  }

  // What is counted away needs a senior; what comes and goes with a receipt does not.
  function checkStock() {
    clinicOnly();
    ofThisSite(newDoc);
    if (newDoc.kind === 'waste' || newDoc.kind === 'count') { seniorOnly(); }
  }

  function checkNumbers() {
    clinicOnly();
    var block = newDoc.block;
    var digits = typeof block === 'number' && block < 10 ? '0' + block : block;
    checkId(['numbers', newDoc.site, newDoc.year, digits]);
    ofThisSite(newDoc);
  }

  // A clinic reports a problem; whoever is above may say that it is mended.
  function checkProblem() {
    if (!ofTheClinic() && (!oldDoc || oldDoc._deleted)) { clinicOnly(); }
    if (!ofTheClinic()) { seniorOnly(); }
    ofThisSite(newDoc);
    if (oldDoc && !oldDoc._deleted &&
        !same(written(oldDoc, 'resolved_at'), written(newDoc, 'resolved_at'))) {
      refuse('unchangeable');
    }
  }

  // A person's own, or the clinic's; in whose name stands in it.
  function checkReminder() {
    clinicOnly();
    ofThisSite(newDoc);
  }

  function checkSettings() {
    seniorOnly();
    checkId(['settings', newDoc.site]);
    ofThisSite(newDoc);
  }

  // Old records are brought in, and taken back, by a senior.
  function checkBatch() {
    clinicOnly();
    seniorOnly();
    ofThisSite(newDoc);
  }

  // A desk's own ratings of a day: no other desk writes them.
  function checkRatings() {
    clinicOnly();
    checkId(['rating', newDoc.day, newDoc.station]);
    ofThisSite(newDoc);
  }

  if (!ofTheClinic() && !fromAbove()) {
    refuse('not-this-place');
  }
  if (newDoc._deleted) {
    if (!isServer()) { refuse('server-only'); }
    return;
  }
  switch (newDoc.type) {
    case 'child': return checkChild();
    case 'stock': return checkStock();
    case 'numbers': return checkNumbers();
    case 'device': clinicOnly(); return ofThisSite(newDoc);
    case 'problem': return checkProblem();
    case 'reminder': return checkReminder();
    case 'settings': return checkSettings();
    case 'batch': return checkBatch();
    case 'rating': return checkRatings();
    default: refuse('unknown-type', 'field type');
  }
}
