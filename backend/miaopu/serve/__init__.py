"""`miaopu serve`: the application, the database and the background work behind one address."""
