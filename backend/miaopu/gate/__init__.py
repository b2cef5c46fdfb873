"""What of a write may pass (写入闸口): judged by all that is known, before the database."""
