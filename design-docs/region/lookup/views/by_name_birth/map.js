function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/name.js
  var name = valueOf('name');
  if (name !== null) { emit([comparableName(name), valueOf('birth_date')], null); }
}
