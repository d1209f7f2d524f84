"""Commands, the same on every platform."""
