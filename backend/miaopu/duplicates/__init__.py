"""Duplicate cases (重复个案): which are suspected, which are joined, and how they read as one."""
