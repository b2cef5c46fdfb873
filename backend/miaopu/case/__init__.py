"""The case (个案): its events and facts, and how two versions of it become one."""
