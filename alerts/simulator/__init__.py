"""A simulated market on loopback that speaks the wire formats of the venues."""
