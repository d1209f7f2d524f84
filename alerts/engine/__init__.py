"""The pure alert engine."""
