"""Chat platforms: each translates, none decides."""
