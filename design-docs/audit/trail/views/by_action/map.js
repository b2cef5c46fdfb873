function (doc) {
  if (doc.type === 'audit') { emit([doc.action, doc.at], null); }
}
