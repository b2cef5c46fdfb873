function (doc) {
  if (doc.type !== 'audit') { return; }
  (doc.documents || []).forEach(function (entry) {
    emit([entry.id, doc.at], null);
  });
}
