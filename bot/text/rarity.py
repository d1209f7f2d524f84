"""How rare a value is and when its level was last seen: history in words, never a forecast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from alerts.domain.reading import Series
from alerts.domain.rule import Direction
from alerts.history.context import Context, TooLittle
from bot.card import Field
from bot.text import figures
from bot.text.rules import level_of, value_of

RECORD_DAYS = 60
"""A record ("highest of 77 days") is told from so many days on."""

PLACES_TOLD = 10
STREAK_TOLD = 14
PAUSES = (1, 7, 30)

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class Later:
    """How much the price had changed so many days after a day, in percent."""

    days: int
    change: float


@dataclass(frozen=True, slots=True)
class Rarity:
    """Where a value stands; the level asked about, None for its own; what the price did after."""

    context: Context
    level: float | None
    later: tuple[Later, ...] = ()


def fields(series: Series, rarity: Rarity | None) -> tuple[Field, ...]:
    """The two fields of a card; none of a series whose past is not kept."""
    if rarity is None:
        return ()
    rare = Field("How rare", how_rare(rarity.context))
    if rarity.context.n < RECORD_DAYS:
        return (rare,)
    return (rare, Field(f"Last time {_beyond(series, rarity)}", last_time(series, rarity)))


def how_rare(context: Context) -> str:
    """`highest of 341 days (since 2 Mar 2025)`, or that there is too little history."""
    scarce = isinstance(context.percentile, TooLittle)
    if context.n < RECORD_DAYS or (scarce and context.rank > 1):
        return f"too little history ({_days(context.n)})"
    return f"{_standing(context)} ({_span(context)}){_streak(context)}"


def last_time(series: Series, rarity: Rarity) -> str:
    """`21 Nov 2025, peak 11.0%`; where the level was never reached, what came nearest."""
    context, found = rarity.context, rarity.context.last_time
    word = "highest" if context.high else "lowest"
    if found is None:
        extreme = value_of(series, context.extreme.value)
        on = _day(context.extreme.day)
        return f"not in the {_days(context.n)} held; the {word} was {extreme} on {on}"
    text = _day(found.last)
    if found.days > 1:
        text += f", the last of {_days(found.days)}"
    peak = "peak" if context.high else "low"
    text += f", {peak} {value_of(series, found.extreme.value)}"
    return text + _afterwards(series, rarity.later)


def deviations(context: Context) -> str:
    """`2.4 standard deviations above its mean`; empty where that cannot be said."""
    if context.z is None or isinstance(context.z, TooLittle):
        return ""
    side = "above" if context.z >= 0 else "below"
    return f"{abs(context.z):.1f} standard deviations {side} its mean of {_days(context.n)}"


def _beyond(series: Series, rarity: Rarity) -> str:
    high = rarity.context.high
    if rarity.level is None:
        return "this high" if high else "this low"
    side = Direction.ABOVE if high else Direction.BELOW
    return f"{side} {level_of(series, rarity.level, side)}"


def _standing(context: Context) -> str:
    word = "highest" if context.high else "lowest"
    if context.rank == 1:
        return f"{word} of {_days(context.n)}"
    if context.rank <= PLACES_TOLD or isinstance(context.percentile, TooLittle):
        return f"{_ordinal(context.rank)} {word} of {_days(context.n)}"
    share = context.percentile if context.high else 100 - context.percentile
    side = "higher" if context.high else "lower"
    return f"{side} than on {share:.0f}% of {_days(context.n)}"


def _streak(context: Context) -> str:
    if context.rank == 1 or context.streak < STREAK_TOLD:
        return ""
    return f"; {'highest' if context.high else 'lowest'} in {_days(context.streak)}"


def _span(context: Context) -> str:
    missing = f"of {context.span_days} " if context.span_days > context.n else ""
    return f"{missing}since {_day(context.since)}"


def _afterwards(series: Series, later: Sequence[Later]) -> str:
    """What the price did then; a price's own past says so itself."""
    if not later or series.metric == "price":
        return ""
    parts = [f"{figures.percent_change(one.change)} in {one.days} d" for one in later]
    return f"; then {series.asset} {', '.join(parts)}"


def _ordinal(rank: int) -> str:
    ending = "th" if 10 < rank % 100 < 14 else _ORDINALS.get(rank % 10, "th")
    return f"{rank}{ending}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


@lru_cache(maxsize=1024)
def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
