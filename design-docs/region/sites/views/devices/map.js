function (doc) {
  if (doc.type !== 'device') { return; }
  emit([doc.site, doc._id], {
    name: doc.name,
    app: doc.app,
    synced_at: doc.synced_at,
    pending: doc.pending,
    refused: doc.refused
  });
}
