"""How rare a value is among the daily closes before it: pure statistics, never a forecast.

History is one value a day, oldest first, and the value that is looked at is not in it.
Every statement carries how many days it speaks of and which span they cover.
"""

import operator
import statistics
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from alerts.domain.reading import Close

ENOUGH_DAYS = 90
"""Percentiles and z-scores are told from so many days on."""

FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Not enough history for a percentile; `n` days are held."""

    n: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row at or beyond a level, the latest such stretch: its end, length and extreme."""

    last: date
    days: int
    extreme: Close


@dataclass(frozen=True, slots=True)
class Context:
    """Where a value stands among `n` daily closes from `since` to `until`.

    Looked at from one side: upwards where `high`, else downwards.
    `percentile` (0..100) is of the value itself, whatever the side; `z` is None in a flat history.
    `rank` is 1 when no close reached the value, 2 when one did; `streak` is how many of the latest
    closes in a row it is strictly beyond; `last_time` the latest stretch at or beyond the level
    asked for, None when there was none; `extreme` the farthest close held.
    """

    high: bool
    n: int
    since: date
    until: date
    percentile: float | TooLittle
    z: float | TooLittle | None
    rank: int
    streak: int
    last_time: Stretch | None
    extreme: Close

    @property
    def span_days(self) -> int:
        """Calendar days from the first close to the last; more than `n` where days are missing."""
        return (self.until - self.since).days + 1


def context(closes: Sequence[Close], value: float, level: float, *, high: bool) -> Context | None:
    """How rare `value` is, and when `level` was last reached; None without any close."""
    if not closes:
        return None
    history = [close.value for close in closes]
    n = len(history)
    enough = n >= ENOUGH_DAYS
    return Context(
        high=high,
        n=n,
        since=closes[0].day,
        until=closes[-1].day,
        percentile=percentile_rank(history, value) if enough else TooLittle(n),
        z=z_score(history, value) if enough else TooLittle(n),
        rank=1 + sum(1 for one in history if _reaches(one, value, high=high)),
        streak=highest_in(history, value) if high else lowest_in(history, value),
        last_time=last_stretch(closes, level, high=high),
        extreme=(max if high else min)(reversed(closes), key=lambda close: close.value),
    )


def percentile_rank(history: Sequence[float], value: float) -> float:
    """Percent of the history below the value, half the ties included; ValueError when empty."""
    if not history:
        raise ValueError("a percentile needs a history")
    below = sum(1 for one in history if one < value)
    ties = sum(1 for one in history if one == value)
    return 100 * (below + ties / 2) / len(history)


def z_score(history: Sequence[float], value: float) -> float | None:
    """Distance from the mean in sample standard deviations; None where there is no deviation."""
    if len(history) < 2:
        return None
    deviation = statistics.stdev(history)
    return None if deviation < FLAT else (value - statistics.fmean(history)) / deviation


def lowest_in(history: Sequence[float], value: float) -> int:
    """How many of the latest closes in a row are strictly above the value."""
    for ago, one in enumerate(reversed(history)):
        if one <= value:
            return ago
    return len(history)


def highest_in(history: Sequence[float], value: float) -> int:
    """How many of the latest closes in a row are strictly below the value."""
    for ago, one in enumerate(reversed(history)):
        if one >= value:
            return ago
    return len(history)


def last_beyond(history: Sequence[float], level: float, *, high: bool) -> int | None:
    """How many closes ago (1: the latest) one was at or beyond the level; None when none was."""
    ago = (highest_in if high else lowest_in)(history, level) + 1
    return ago if ago <= len(history) else None


def last_stretch(
    closes: Sequence[Close], level: float, *, high: bool, farthest: Sequence[float] = ()
) -> Stretch | None:
    """The latest closes in a row at or beyond the level; None where there are none.

    With `farthest` of these closes at hand it is found without a look at each.
    """
    farthest = farthest or farthest_since(closes, high=high)
    ago = bisect_left(farthest, level) if high else bisect_left(farthest, -level, key=operator.neg)
    reaches = operator.ge if high else operator.le
    run: list[Close] = []
    for place in range(len(closes) - 1 - ago, -1, -1):
        if not reaches(closes[place].value, level):
            break
        run.append(closes[place])
    if not run:
        return None
    extreme = (max if high else min)(run, key=lambda close: close.value)
    return Stretch(run[0].day, len(run), extreme)


def farthest_since(closes: Sequence[Close], *, high: bool) -> list[float]:
    """The highest (lowest) of the latest close, of the latest two, and so on."""
    return list(accumulate((one.value for one in reversed(closes)), max if high else min))


def _reaches(value: float, level: float, *, high: bool) -> bool:
    return value >= level if high else value <= level
