"""The HTTP side of the embedded database: CouchDB's paths, parameters and answers."""
