"""A derived series along the whole past of its bases: changes, percentiles, z-scores, spreads.

Derived series are not kept; live, `alerts/derive.py` computes the value of now. This is the same
for every reading of the past at once, so that a rule on one can be replayed before it is saved.
"""

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta

from alerts.domain.reading import Reading, Series
from alerts.history.context import ENOUGH_DAYS, FLAT
from alerts.history.spread import spreads
from alerts.history.windows import change

_AGO = {
    "1h": (timedelta(hours=1), timedelta(minutes=10)),
    "4h": (timedelta(hours=4), timedelta(minutes=20)),
    "24h": (timedelta(hours=24), timedelta(hours=6)),
    "7d": (timedelta(days=7), timedelta(hours=6)),
    "30d": (timedelta(days=30), timedelta(hours=12)),
}
"""How long ago a change looks, and how much older its reading may be: old days have four."""


def reach_of(series: Series) -> timedelta:
    """How much of the base's past lies behind one value of a series."""
    kind, _, span = series.derived.partition(".")
    if series.other is not None:
        return timedelta(0)
    if kind == "chg":
        return sum(_AGO[span], timedelta(0))
    return timedelta(days=int(span.removesuffix("d"))) if span else timedelta(0)


def along(
    series: Series, base: Sequence[Reading], other: Sequence[Reading] = (), *, points: bool
) -> list[Reading]:
    """The readings of a derived series, from those of its bases, oldest first.

    `points`: its changes are differences rather than percent. Where too little lies before a
    reading there is none.
    """
    kind, _, span = series.derived.partition(".")
    if not kind:
        return list(base)
    if series.other is not None:
        return list(spreads(series, base, other, points=points))
    values = _changes(base, span, points=points) if kind == "chg" else _ranks(base, kind, span)
    return [replace(reading, series=series, value=value) for reading, value in values]


def _changes(
    base: Sequence[Reading], span: str, *, points: bool
) -> Iterator[tuple[Reading, float]]:
    ago, tolerance = _AGO[span]
    times = [reading.at for reading in base]
    for reading in base:
        place = bisect_right(times, reading.at - ago) - 1
        if place < 0 or reading.at - ago - times[place] > tolerance:
            continue
        before = base[place].value
        if points:
            yield reading, reading.value - before
        elif before > 0:
            yield reading, change(before, reading.value)


def _ranks(base: Sequence[Reading], kind: str, span: str) -> Iterator[tuple[Reading, float]]:
    days = int(span.removesuffix("d"))
    closes = {reading.at.astimezone(UTC).date(): reading.value for reading in base}
    ordered = sorted(closes)
    day, history = date.min, list[float]()
    for reading in base:
        if (today := reading.at.astimezone(UTC).date()) != day:
            day, end = today, bisect_left(ordered, today)
            history = sorted(closes[one] for one in ordered[max(0, end - days) : end])
        if len(history) >= min(ENOUGH_DAYS, days):
            value = _rank(history, reading.value) if kind == "pctl" else _z(history, reading.value)
            if value is not None:
                yield reading, value


def _rank(history: Sequence[float], value: float) -> float:
    below, upto = bisect_left(history, value), bisect_right(history, value)
    return 100 * (below + (upto - below) / 2) / len(history)


def _z(history: Sequence[float], value: float) -> float | None:
    deviation = statistics.stdev(history)
    return None if deviation < FLAT else (value - statistics.fmean(history)) / deviation
