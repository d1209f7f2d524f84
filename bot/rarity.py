"""From a value to how rare it is: closes of its series, and of the price after its last time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median

from alerts.domain.ids import MetricKey
from alerts.domain.reading import Close, Series
from alerts.history.context import Context, context, farthest_since, last_stretch
from alerts.ports import History
from bot.text.rarity import PAUSES, Later, Rarity

YEAR = 365


@dataclass(frozen=True, slots=True)
class Asked:
    """A value to be placed among days past.

    Unless said, the level whose last time is looked for is the value itself, the side is that of
    the median it is on, and every day held counts.
    """

    value: float
    level: float | None = None
    high: bool | None = None
    before: date | None = None


async def rarity(history: History, series: Series, asked: Asked, now: datetime) -> Rarity | None:
    """Where the value stands among the closes of the past year; None where none is held."""
    return await Rarities(history).of(series, asked, now)


@dataclass(frozen=True, slots=True)
class Rarities:
    """How rare values are: what a thousand rules on one series share is worked out once."""

    history: History
    _held: dict[tuple[Series, date | None], Sequence[Close]] = field(default_factory=dict)
    _farthest: dict[tuple[Series, date | None, bool], Sequence[float]] = field(default_factory=dict)
    _standing: dict[tuple[Series, float, date | None, bool], Context | None] = field(
        default_factory=dict
    )
    _later: dict[tuple[Series, date], tuple[Later, ...]] = field(default_factory=dict)

    async def of(self, series: Series, asked: Asked, now: datetime) -> Rarity | None:
        """Where the value stands among the closes of the past year; None where none is held."""
        held = await self._closes(series, asked.before, now)
        if not held:
            return None
        value, high = asked.value, asked.high
        high = value >= median(one.value for one in held) if high is None else high
        found = self._found(held, series, asked, high=high)
        if found is None:
            return None
        if asked.level is not None:
            farthest = self._farthest_since(held, series, asked.before, high=high)
            last = last_stretch(held, asked.level, high=high, farthest=farthest)
            found = found if found.last_time == last else replace(found, last_time=last)
        if found.last_time is None:
            return Rarity(found, asked.level)
        return Rarity(found, asked.level, await self._after(series, found.last_time.last, now))

    async def _closes(self, series: Series, before: date | None, now: datetime) -> Sequence[Close]:
        key = series, before
        if key not in self._held:
            year = await self.history.daily(series, YEAR, now)
            self._held[key] = [one for one in year if before is None or one.day < before]
        return self._held[key]

    def _farthest_since(
        self, held: Sequence[Close], series: Series, before: date | None, *, high: bool
    ) -> Sequence[float]:
        key = series, before, high
        if key not in self._farthest:
            self._farthest[key] = farthest_since(held, high=high)
        return self._farthest[key]

    def _found(
        self, held: Sequence[Close], series: Series, asked: Asked, *, high: bool
    ) -> Context | None:
        """What does not depend on a rule's level."""
        key = series, asked.value, asked.before, high
        if key not in self._standing:
            self._standing[key] = context(held, asked.value, asked.value, high=high)
        return self._standing[key]

    async def _after(self, series: Series, day: date, now: datetime) -> tuple[Later, ...]:
        key = series, day
        if key not in self._later:
            self._later[key] = await _later(self.history, series, day, now)
        return self._later[key]


async def _later(history: History, series: Series, day: date, now: datetime) -> tuple[Later, ...]:
    """What the price did after a day, from close to close, as far as that is over."""
    price = Series(MetricKey("price"), series.asset)
    held = {one.day: one.value for one in await history.daily(price, YEAR, now)}
    if day not in held:
        return ()
    ends = {days: held.get(day + timedelta(days=days)) for days in PAUSES}
    return tuple(Later(days, (end / held[day] - 1) * 100) for days, end in ends.items() if end)
