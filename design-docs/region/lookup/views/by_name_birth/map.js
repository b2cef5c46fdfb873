function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var name = valueOf('name');
  if (name !== null) { emit([name, valueOf('birth_date')], null); }
}
