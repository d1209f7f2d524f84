"""The chat side: commands, cards, couriers and platforms."""
