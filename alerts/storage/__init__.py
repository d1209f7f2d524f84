"""Where rules, states, samples and the outbox live."""
