"""Frozen values; imports the standard library only."""
