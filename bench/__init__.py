"""What `derivwatch bench` measures: the modules of this folder.

Each has `run()`, which returns figures as dicts: `name`, `value`, `unit` and, where there is one,
`target` (`"<= 5"` or `">= 3"`). Each is bounded in time and needs nothing but this machine.
"""

BENCHES = {
    "chain": "an option chain from its body to all skew tenors, beside json (P8)",
    "history": "memory of the whole history when full, and how fast it is read",
    "poll": "one poll of every venue, from bodies to readings",
    "parse": "reading a rule as it is typed, and writing it out again",
    "wake": "which rules a value wakes, at 1k and 1M rules (P1)",
    "naive": "the wake index beside load-and-loop over Redis and a naive engine (P2, P3)",
    "load": "a leader's start with 1M rules, and how soon a saved rule counts (P6)",
    "deliver": "from a reading to 1,000 messages accepted, with 1M rules in the store (P4)",
    "pace": "the share of 30/s and 1,000/s that is held without one refusal (P5, 80 s)",
    "replay": "one rule over a year of 5-minute history (P9)",
    "idle": "the CPU and memory of a bot with little to do, all venues polled (P10)",
    "week": "memory at the start and the end of a simulated week (takes three minutes)",
    "start": "how soon the demo shows its first card, and the memory it takes",
}

ONLY_WHEN_NAMED = ("pace",)
"""Benches too long for a run of all of them."""
