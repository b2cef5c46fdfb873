function valueOf(name) {
  var fact = doc.facts && doc.facts[name];
  return fact && fact.value !== undefined ? fact.value : null;
}

// Which events were voided, as `miaopu.case.events` has it: a void that was itself voided has no
// effect.
function voidedEvents() {
  var voids = Object.keys(doc.events || {}).filter(function (id) {
    return doc.events[id].kind === 'void';
  });
  function after(gone) {
    var more = {};
    voids.forEach(function (id) {
      var stands = voids.every(function (other) {
        return doc.events[other].target !== id || gone[other] === true;
      });
      if (stands) { more[doc.events[id].target] = true; }
    });
    return Object.keys(more).length === Object.keys(gone).length ? gone : after(more);
  }
  return after({});
}

// Calls `each(id, event)` for the events of a kind that were not voided.
function standing(kind, each) {
  var voided = voidedEvents();
  for (var id in doc.events) {
    if (doc.events[id].kind === kind && voided[id] !== true) { each(id, doc.events[id]); }
  }
}

// Is the case joined to another (合并个案)? Then the other is counted.
function isJoined() {
  var joined = false;
  standing('same_as', function (id, event) { joined = joined || event.target !== doc._id; });
  return joined;
}
