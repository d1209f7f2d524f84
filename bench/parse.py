"""Reading rules as people type them, and writing them out again."""

import statistics
import time
from datetime import UTC, datetime

from alerts.domain.ids import Asset
from alerts.metrics import METRICS
from alerts.rules.describe import describe
from alerts.rules.grammar import parse_all
from alerts.rules.guide import CLAUSES, CONDITIONS
from alerts.rules.until import Today
from alerts.rules.vocabulary import Vocabulary

ROUNDS = 20
LONGEST = (
    "eth skew above 15 clear 12 and basis below 3 and price -20% in 7d and funding above basis "
    'and iv top 5% for 30m after 1h every 4h until 7d critical loud named "All of it"'
)


def run():
    words = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))
    lines = [form.example for form in (*CONDITIONS, *CLAUSES)] + [LONGEST]
    today = Today(datetime(2026, 2, 6, 20, 15, tzinfo=UTC))
    parse_all(lines[0], words, today=today)  # builds the parser, once in a process
    taken = {line: cpu_ms(parse_all, line, words, today=today) for line in lines}
    drafts = [draft for line in lines for draft in parse_all(line, words, today=today)]
    written = statistics.median(cpu_ms(describe, draft, words) for draft in drafts)
    return [
        figure(f"parse: {len(lines)} forms of rule, median", statistics.median(taken.values())),
        figure("parse: the slowest of them, five conditions", max(taken.values())),
        figure("parse: a rule written out", written),
    ]


def figure(name, value):
    return {"name": name, "value": round(value, 3), "unit": "ms CPU", "target": "<= 1"}


def cpu_ms(work, *args, **options):
    """CPU milliseconds of one go, the median of several."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work(*args, **options)
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken)
