"""Miaopu (苗圃): the child immunization system of a region, offline first."""

__version__ = "0.1.0"
