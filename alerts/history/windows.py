"""What a series did over a window: pure functions of values, and a compact memory of one series.

Days are UTC, and a day's close is its last value before midnight.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import log, sqrt
from statistics import stdev
from typing import NamedTuple

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEAR_DAYS = 365

LONGEST = timedelta(days=366)
_HOURS_KEPT = 24 * 33
_RIDGE_POINTS = 4096
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def change(before: float, after: float) -> float:
    """From one value to another in percent; `before` is not zero."""
    return (after / before - 1) * 100


def largest_drawdown(values: Sequence[float]) -> float:
    """The deepest fall below an earlier value, in percent: zero where nothing ever fell."""
    deepest, high = 0.0, values[0]
    for value in values:
        high = max(high, value)
        deepest = min(deepest, change(high, value))
    return deepest


def log_returns(values: Sequence[float]) -> list[float]:
    return [log(after / before) for before, after in pairwise(values)]


def realised_vol(closes: Sequence[float], days: float | None = None) -> float:
    """Zero-mean realised volatility in percent a year, as a variance swap counts it.

    `days` is how many the closes span, where some are missing: a return over two days then stands
    for both.
    """
    squares = sum(move * move for move in log_returns(closes))
    return sqrt(YEAR_DAYS / (days or len(closes) - 1) * squares) * 100


def realised_vol_about_mean(closes: Sequence[float]) -> float:
    """Realised volatility by the sample standard deviation, in percent a year."""
    return stdev(log_returns(closes)) * sqrt(YEAR_DAYS) * 100


class Point(NamedTuple):
    """A value and its time."""

    at: datetime
    value: float


@dataclass(slots=True)
class _Ridge:
    """Values that no later value surpassed, oldest and highest first; `sign` -1 makes it lows."""

    sign: int
    times: "array[float]" = field(default_factory=lambda: array("d"))
    heights: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, time: float, value: float) -> None:
        height = value * self.sign
        while self.heights and self.heights[-1] <= height:
            self.heights.pop()
            self.times.pop()
        self.times.append(time)
        self.heights.append(height)
        if len(self.heights) > _RIDGE_POINTS:
            self.times, self.heights = self.times[::2], self.heights[::2]

    def since(self, time: float) -> float | None:
        place = bisect_left(self.times, time)
        return self.heights[place] * self.sign if place < len(self.heights) else None

    def forget(self, time: float) -> None:
        place = bisect_left(self.times, time)
        if place:
            del self.times[:place]
            del self.heights[:place]


class Trail:
    """One series over the past year: its highs and lows, its hours of a month, its daily closes.

    Values are added in the order of time; one that is not newer than the last is passed over.
    """

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.last: Point | None = None
        self._highs, self._lows = _Ridge(1), _Ridge(-1)
        self._hours: dict[int, Point] = {}
        self._days: dict[date, Point] = {}

    def add(self, at: datetime, value: float) -> None:
        if self.last is not None and at <= self.last.at:
            return
        self.first = self.first or at
        self.last = Point(at, value)
        time = at.timestamp()
        self._highs.add(time, value)
        self._lows.add(time, value)
        self._hours[int(time // 3600)] = self.last
        self._days[at.astimezone(UTC).date()] = self.last
        if len(self._hours) > _HOURS_KEPT:
            del self._hours[min(self._hours)]
        if len(self._days) > LONGEST // DAY:
            self._forget(at - LONGEST)

    def high(self, since: datetime) -> float | None:
        """The highest value at or after a time."""
        return self._highs.since(since.timestamp())

    def low(self, since: datetime) -> float | None:
        return self._lows.since(since.timestamp())

    def close(self, day: date) -> Point | None:
        """The last value of a day; of the running day, so far."""
        return self._days.get(day)

    def closes(self, last: date, days: int) -> list[tuple[date, float]]:
        """The closes there are, oldest first, of so many days up to and with `last`."""
        asked = (last - ago * DAY for ago in reversed(range(days)))
        return [(day, point.value) for day in asked if (point := self._days.get(day))]

    def at(self, when: datetime, tolerance: timedelta) -> Point | None:
        """The last value of the hour that ends at or before a time, or of one not much earlier."""
        if self.last is not None and self.last.at <= when:
            return self.last if when - self.last.at <= tolerance else None
        hour = int(when.timestamp() // 3600)
        for ago in range(tolerance // HOUR + 2):
            point = self._hours.get(hour - ago)
            if point is not None and point.at <= when:
                return point if when - point.at <= tolerance else None
        return None

    def reach(self, now: datetime) -> timedelta:
        """How far back it goes."""
        return now - self.first if self.first else timedelta(0)

    def _forget(self, before: datetime) -> None:
        for day in [day for day in self._days if day < before.astimezone(UTC).date()]:
            del self._days[day]
        self._highs.forget(before.timestamp())
        self._lows.forget(before.timestamp())
        self.first = max(self.first or before, before)


def last_weekday(when: datetime) -> datetime:
    """The time itself from Monday to Friday, else the end of that week's Friday (UTC)."""
    days_over = when.astimezone(UTC).weekday() - 4
    if days_over <= 0:
        return when
    midnight = when.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - (days_over - 1) * DAY
