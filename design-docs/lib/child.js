function valueOf(name) {
  var fact = doc.facts && doc.facts[name];
  return fact && fact.value !== undefined ? fact.value : null;
}

// Calls `each(id, event)` for the events of a kind that were not voided.
function standing(kind, each) {
  var voided = {};
  var id;
  for (id in doc.events) {
    if (doc.events[id].kind === 'void') { voided[doc.events[id].target] = true; }
  }
  for (id in doc.events) {
    if (doc.events[id].kind === kind && voided[id] !== true) { each(id, doc.events[id]); }
  }
}

// Is the case joined to another (合并个案)? Then the other is counted.
function isJoined() {
  var joined = false;
  standing('same_as', function () { joined = true; });
  return joined;
}
