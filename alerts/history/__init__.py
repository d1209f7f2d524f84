"""What came before: windows of a series."""
