function (doc) {
  // Refused writes that nobody has mended yet.
  if (doc.type !== 'problem' || doc.resolved_at !== undefined) { return; }
  emit([doc.site, doc.at], null);
}
