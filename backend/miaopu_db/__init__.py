"""A database that speaks CouchDB 3.5's protocol, in this very process.

It is for a first try, for tests and for a site's hub; PouchDB and CouchDB's replicator do not
notice which of the two they talk to. Alone:

    MIAOPU_ADMIN_PASSWORD=… miaopu embedded --data DIR --port N --admin NAME

Within another ASGI application, on its event loop:

    from miaopu_db.app import create_app
    from miaopu_db.auth import hash_password
    from miaopu_db.server import Settings

    couch = create_app(data_dir, {"admin": hash_password(password)}, Settings(...))
    app.mount("/db", couch)           # FastAPI or Starlette, at any path
    async with couch.running(): ...   # in the application's lifespan

`create_app` takes server administrators as name → record (`auth.hash_password`, or CouchDB's own
`-pbkdf2…` line); a server without one does not start. `couch.startup()` and `couch.shutdown()`
are the two halves of `running()`: a mounted application gets no lifespan of its own. Without
`startup` the first request starts it, but the replications of `_replicator` wait for that too.
`shutdown` ends every feed, commits what has begun and closes all files.

Within the process, `couch.client(user)` gives an httpx client that calls the application without
a socket and without a password, in the name of `user` (`auth.SYSTEM`: the server itself).

What is where
-------------
- `revtree`, `collation`, `mango`, `multipart`: pure; the protocol's ideas as values.
- `documents`: documents as they come in and go out; `store`: one database in one SQLite file.
- `database`: the writing thread with its group commit, readers, and who waits for changes.
- `changes`, `views`, `viewquery`, `findquery`: feeds, indexes and questions to them.
- `sandbox`: JavaScript of design documents in QuickJS, limited in time and memory;
  `validation`: what `validate_doc_update` says of the writes of a request.
- `auth`, `security`, `users`: passwords, cookies, throttling, `_security`, `_users`.
- `replicator`, `scheduler`: replication between two sides, and which ones run; `peers`: a side,
  across HTTP or in this very server, whose documents go as they are stored.
- `server`: all databases of a data folder; `http`: paths and parameters; `command`: the process.

Durability: a write is answered after SQLite has synced it (`synchronous=FULL`, WAL); writes that
come at the same time share one sync. Nothing is open to nobody but `/`, `/_up`, `/_session`.
"""
