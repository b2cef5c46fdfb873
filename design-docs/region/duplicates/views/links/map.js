function (doc) {
  // The cases that a case was ever joined to: [case, target] → whether it still is.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var now = {};
  standing('same_as', function (id) { now[id] = true; });
  for (var id in doc.events) {
    if (doc.events[id].kind === 'same_as') {
      emit([doc._id, doc.events[id].target], now[id] === true);
    }
  }
}
