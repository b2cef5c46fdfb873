"""Holds the program to its plan (docs/house.md): `python -m tests.house`, part of `./dev lint`."""
