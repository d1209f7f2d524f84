"""The commands of `derivwatch`, one module each."""
