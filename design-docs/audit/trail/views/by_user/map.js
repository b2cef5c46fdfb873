function (doc) {
  if (doc.type === 'audit') { emit([doc.by, doc.at], null); }
}
