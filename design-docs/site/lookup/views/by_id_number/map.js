function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var value = valueOf('id_number');
  if (value !== null) { emit(value, null); }
}
