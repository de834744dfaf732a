"""Puente: an interpreter for telephone calls."""

__version__ = "0.1.0"
