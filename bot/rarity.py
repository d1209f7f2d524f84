"""From a value to how rare it is: closes of its series, and of the price after its last time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from alerts.domain.ids import MetricKey
from alerts.domain.reading import Series
from alerts.history.context import context
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
    year = await history.daily(series, YEAR, now)
    held = [one for one in year if asked.before is None or one.day < asked.before]
    if not held:
        return None
    value, high = asked.value, asked.high
    level = value if asked.level is None else asked.level
    high = value >= median(one.value for one in held) if high is None else high
    found = context(held, value, level, high=high)
    if found is None:
        return None
    if found.last_time is None:
        return Rarity(found, asked.level)
    return Rarity(found, asked.level, await _later(history, series, found.last_time.last, now))


async def _later(history: History, series: Series, day: date, now: datetime) -> tuple[Later, ...]:
    """What the price did after a day, from close to close, as far as that is over."""
    price = Series(MetricKey("price"), series.asset)
    held = {one.day: one.value for one in await history.daily(price, YEAR, now)}
    if day not in held:
        return ()
    ends = {days: held.get(day + timedelta(days=days)) for days in PAUSES}
    return tuple(Later(days, (end / held[day] - 1) * 100) for days, end in ends.items() if end)
