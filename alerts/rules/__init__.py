"""Words to rules and back, readings to verdicts."""
