"""What moves documents between databases: merge, distribution, replication upward."""
