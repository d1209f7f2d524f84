"""P2, P3: the wake index beside load-and-loop over Redis hashes and beside a naive engine.

All in one run, on the same rules and the same tick: 200 series, 0.1 % of the rules woken. The
hashes are those a simpler bot would keep, one per rule with its series and its level; a tick loads
them all and looks at each. The naive engine judges and steps every rule
in memory. Loading is measured on 100,000 rules in the embedded store and told for a million, ten
times as many, since it grows with their number. What Prometheus took, 9 s with a rule per user and
0.35 s for one joined rule over 100,000 thresholds, was measured on a machine of the same kind.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis

from alerts.domain.ids import Venue
from alerts.domain.reading import Reading
from alerts.domain.rule import Idle, State
from alerts.engine.step import step
from alerts.engine.wake import WakeIndex
from alerts.rules.judge import look
from alerts.storage.embedded import embedded
from bench.wake import SERIES, _figure, _move, _rules, _tick

NOW = datetime(2026, 2, 6, tzinfo=UTC)
LOADED = 100_000
MILLION = 1_000_000
NAIVE = 20_000
ROUNDS = 5
BATCH = 5_000


def run():
    """The figures of the ways to find which rules fire."""
    moves = [(series, *_move(number)) for number, series in enumerate(SERIES)]
    hundred, million = _indexed(LOADED, moves), _indexed(MILLION, moves)
    loop = asyncio.run(_load_and_loop(moves)) * MILLION / LOADED
    naive = _naive(moves) / NAIVE
    return [
        _figure("index, 100k rules", hundred * 1e3, "ms"),
        _figure("index, 1M rules", million * 1e3, "ms"),
        _figure("load and loop over hashes, 1M rules", loop * 1e3, "ms"),
        _figure("load and loop / index, 1M rules", loop / million, "x", ">= 5000"),
        _figure("naive engine, 100k rules", naive * LOADED * 1e3, "ms"),
        _figure("naive engine / index, 100k rules", naive * LOADED / hundred, "x"),
        _figure("Prometheus, a rule per user / index, 100k", 9.0 / hundred, "x", ">= 10000"),
        _figure("Prometheus, joined rule / index, 100k", 0.35 / hundred, "x", ">= 500"),
    ]


def _indexed(count, moves):
    index = WakeIndex()
    for rule in _rules(count):
        index.put(rule)
    _tick(index, moves)
    return _seconds(lambda: _tick(index, moves))


async def _load_and_loop(moves):
    with tempfile.TemporaryDirectory(prefix="dw-bench-") as folder:
        async with embedded(Path(folder)) as url:
            client = redis.Redis.from_url(url, decode_responses=True)
            _fill(client)
            return _seconds(lambda: _loop(client, moves), rounds=3)


def _fill(client):
    pipe = client.pipeline(transaction=False)
    for number, rule in enumerate(_rules(LOADED)):
        leg = rule.draft.legs[0]
        pipe.hset(f"rule:{rule.id}", mapping={"series": str(leg.series), "level": leg.level})
        if number % BATCH == BATCH - 1:
            pipe.execute()


def _loop(client, moves):
    values = {str(series): (before, after) for series, before, after in moves}
    woken = set()
    pipe = client.pipeline(transaction=False)
    names = [f"rule:r{number}" for number in range(LOADED)]
    for start in range(0, LOADED, BATCH):
        for name in names[start : start + BATCH]:
            pipe.hgetall(name)
        for name, rule in zip(names[start:], pipe.execute(), strict=False):
            before, after = values[rule["series"]]
            if before <= float(rule["level"]) <= after:
                woken.add(name)
    return woken


def _naive(moves):
    samples = {
        series: Reading(series, after, NOW, (Venue("deribit"),)) for series, _, after in moves
    }
    held = [(rule, State(Idle())) for rule in _rules(NAIVE)]

    def tick():
        for rule, state in held:
            step(rule, state, look(rule.draft, samples), NOW, timedelta(0))

    return _seconds(tick, rounds=3)


def _seconds(work, rounds=ROUNDS):
    spent = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:45} {figure['value']:>12} {figure['unit']} {figure['target']}")
