"""Speaking to any CouchDB: leaves of documents, feeds followed to their end, rows of writes."""
