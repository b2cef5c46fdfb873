function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/birth.js
  if (isJoined()) { return; }
  emit([valueOf('site'), year, month, valueOf('residence'), valueOf('register_status')], null);
}
