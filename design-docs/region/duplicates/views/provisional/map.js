function (doc) {
  // Cases that were opened without the true one at hand and are joined to none.
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var open = false;
  var joined = false;
  standing('visit', function (id, visit) { open = open || visit.provisional === true; });
  standing('same_as', function () { joined = true; });
  if (open && !joined) { emit(null, null); }
}
