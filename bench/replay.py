"""P9: one rule over a year of 5-minute history, and the two rarer levels offered beside it.

The history is a slow wave with noise, so that the rule has episodes to find; it is built before
the clock starts, as a store would have it. CPU time, median of five.
"""

import math
import random
import statistics
import time
from datetime import UTC, datetime, timedelta

from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Draft, Join, Leg, Timing
from alerts.engine.replay import play, replay
from alerts.engine.tape import wind

SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
BASIS = Series(MetricKey("basis"), Asset("BTC"), "60d")
TIMING = Timing(
    hold=timedelta(minutes=10),
    clear_hold=timedelta(minutes=10),
    quiet=timedelta(hours=4),
    remind=timedelta(hours=12),
)
STEPS = 365 * 24 * 12
ROUNDS = 5


def run():
    """The figures of replay."""
    year = _year(SKEW, 11.0, 1)
    draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),), TIMING)
    spent, found = _seconds(lambda: replay(draft, year))
    tape = wind(draft, year)
    again, _ = _seconds(lambda: play(draft, tape))
    both = sorted([*year, *_year(BASIS, 5.0, 2)], key=lambda reading: reading.at)
    legs = (*draft.legs, Leg(BASIS, Direction.BELOW, 3.0, 4.0))
    joined, _ = _seconds(lambda: replay(Draft(legs, TIMING, Join.ALL), both))
    return [
        _figure("replay of a year at 5 min", spent * 1e3, "ms CPU", "<= 100"),
        _figure("replay of a year: readings", len(year), "readings"),
        _figure("replay of a year: episodes", found.episodes, "episodes"),
        _figure("replay of another level of the same", again * 1e3, "ms CPU"),
        _figure("replay of two joined conditions", joined * 1e3, "ms CPU"),
    ]


def _figure(name, value, unit, target=""):
    return {"name": name, "value": round(value, 3), "unit": unit, "target": target}


def _year(series, middle, seed):
    rng = random.Random(seed)
    start = datetime(2025, 2, 6, tzinfo=UTC)
    return [
        Reading(
            series,
            middle + 4.0 * math.sin(step / 2_000) + rng.gauss(0, 0.4),
            start + step * timedelta(minutes=5),
            (Venue("deribit"),),
        )
        for step in range(STEPS)
    ]


def _seconds(work):
    spent = []
    for _ in range(ROUNDS):
        started = time.process_time()
        found = work()
        spent.append(time.process_time() - started)
    return statistics.median(spent), found


if __name__ == "__main__":
    for figure in run():
        print(f"{figure['name']:40} {figure['value']:>12} {figure['unit']} {figure['target']}")
