"""The product: metrics, rules, the engine and its store. Knows no chat library."""
