function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  var value = valueOf('child_code');
  if (value !== null) { emit(value, null); }
}
