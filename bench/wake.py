"""P1: which rules a tick looks at, with a thousand and with a million of them.

The tick moves 200 series so that 0.1 % of the rules have a level in the move; the same work is
timed as a plain loop over dicts. CPU time, median of five. Memory is what the index keeps.
"""

import gc
import random
import statistics
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Leg, Rule
from alerts.engine.wake import WakeIndex

SERIES = tuple(Series(MetricKey(f"metric{number}"), Asset("BTC"), "60d") for number in range(200))
SHARE_WOKEN = 0.001
LEVELS_A_RULE = 2
ROUNDS = 5


def run():
    """The figures of the wake index."""
    small, _, _, small_woken = _measure(1_000)
    large, build, loop, large_woken = _measure(1_000_000)
    return [
        _figure("wake 1k rules, 200 series", small * 1e3, "ms CPU"),
        _figure("wake 1k rules: woken", small_woken, "rules"),
        _figure("wake 1M rules, 200 series", large * 1e3, "ms CPU", "<= 3"),
        _figure("wake 1M rules: woken", large_woken, "rules"),
        _figure("wake 1M / 1k", large / small, "x", "<= 6"),
        _figure("plain loop over 1M rules", loop * 1e3, "ms CPU"),
        _figure("plain loop / wake, 1M rules", loop / large, "x"),
        _figure("wake index of 1M rules: build", build, "s CPU", "<= 5"),
        _figure("wake index of 100k rules: memory", _bytes_a_rule(100_000), "bytes a rule"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target}


def _measure(count):
    """Seconds of a tick, of the build and of the plain loop, and how many rules a tick woke."""
    index, levels = WakeIndex(), {series: {} for series in SERIES}
    moves = [(series, *_move(number)) for number, series in enumerate(SERIES)]
    build = 0.0
    for rule in _rules(count):
        started = time.process_time()
        index.put(rule)
        build += time.process_time() - started
        leg = rule.draft.legs[0]
        levels[leg.series][rule.id] = (leg.level, leg.clear)
    build += _seconds(lambda: _tick(index, moves), rounds=1)
    woken = _tick(index, moves)
    assert woken == _loop(levels, moves)
    tick = _seconds(lambda: _tick(index, moves))
    return tick, build, _seconds(lambda: _loop(levels, moves)), len(woken)


def a_rule(series, level):
    """A rule with its clear level just below its level."""
    leg = Leg(series, Direction.ABOVE, level, level - 0.02)
    chat = Chat(Platform("telegram"), "1")
    return Rule(RuleId(""), 1, chat, "1", Draft((leg,)), datetime(2026, 2, 6, tzinfo=UTC))


def _rules(count):
    """Levels spread evenly over 0..1."""
    rng = random.Random(4)
    rule = a_rule(SERIES[0], 0.0)
    leg = rule.draft.legs[0]
    for number in range(count):
        level = rng.random()
        own = replace(leg, series=SERIES[number % len(SERIES)], level=level, clear=level - 0.02)
        yield replace(rule, id=RuleId(f"r{number}"), draft=Draft((own,)))


def _move(number):
    before = 0.1 + 0.8 * random.Random(number).random()
    return before, before + SHARE_WOKEN / LEVELS_A_RULE


def _tick(index, moves):
    woken = set()
    for series, before, after in moves:
        woken |= index.wake(series, before, after)
    return woken


def _loop(levels, moves):
    woken = set()
    for series, before, after in moves:
        for rule, (level, clear) in levels[series].items():
            if before <= level <= after or before <= clear <= after:
                woken.add(rule)
    return woken


def _seconds(work, rounds=ROUNDS):
    spent = []
    gc.disable()
    for _ in range(rounds):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    gc.enable()
    return statistics.median(spent)


def _bytes_a_rule(count):
    tracemalloc.start()
    index = WakeIndex()
    for rule in _rules(count):
        index.put(rule)
    _tick(index, [(series, 0.0, 0.0) for series in SERIES])
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(index) == count
    return kept / count


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:40} {figure['value']:>12} {figure['unit']} {figure['target']}")
