function (doc) {
  if (doc.type !== 'child') { return; }
  // !code lib/child.js
  // !code lib/birth.js
  // An adult at the same desk (成人) is in no rate of children.
  if (isJoined() || valueOf('person') === 'adult') { return; }
  emit([valueOf('site'), year, month, valueOf('residence'), valueOf('register_status')], null);
}
