"""What a simulated market closes by force: hour by hour, and as single events within the hours.

The faster the price falls in an hour, the more longs are closed in it; rises close shorts. An
hour's sum is split into one event a minute for each side, so the sums that a venue publishes and
the events that it pushes tell the same.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import PositionSide
from alerts.simulator.hours import HOUR
from alerts.simulator.scenario import Scenario
from alerts.simulator.shares import FORCED_CLOSES

_MINUTES = 60
# Of the open interest's value: in any hour, and in one with a move of 1 % (times its square).
_ALWAYS = 1.0e-5
_PER_SQUARED_PERCENT = 1.832e-3


@dataclass(frozen=True, slots=True)
class Closed:
    """What was closed by force, in USD."""

    long_usd: float
    short_usd: float


@dataclass(frozen=True, slots=True)
class ForcedClose:
    """One position closed by force; `number` tells the events of one venue and asset apart."""

    number: int
    at: datetime
    side: PositionSide
    usd: float
    price: float

    @property
    def coin(self) -> float:
        return self.usd / self.price


def in_hour(scenario: Scenario, asset: Asset, begin: datetime) -> Closed:
    """The sums of all venues over the hour that starts at `begin`."""
    before, after = scenario.market(begin, asset), scenario.market(begin + HOUR, asset)
    percent = 100 * math.log(after.price / before.price)
    value = before.price * before.open_interest
    moved = value * _PER_SQUARED_PERCENT * percent * percent
    quiet = value * _ALWAYS
    return Closed(quiet + (moved if percent < 0 else 0), quiet + (moved if percent > 0 else 0))


def events(
    scenario: Scenario, venue: Venue, asset: Asset, since: datetime, until: datetime
) -> Iterator[ForcedClose]:
    """One venue's forced closes after `since` up to and including `until`, in time order."""
    begin = since.replace(minute=0, second=0, microsecond=0)
    while begin < until:
        if begin + HOUR > since:
            for event in _of_hour(scenario, venue, asset, begin):
                if since < event.at <= until:
                    yield event
        begin += HOUR


def total(
    scenario: Scenario, venue: Venue, asset: Asset, since: datetime, until: datetime
) -> Closed:
    """The sums of a venue's events after `since` up to and including `until`."""
    found = list(events(scenario, venue, asset, since, until))
    return Closed(
        math.fsum(event.usd for event in found if event.side is PositionSide.LONG),
        math.fsum(event.usd for event in found if event.side is PositionSide.SHORT),
    )


def _of_hour(
    scenario: Scenario, venue: Venue, asset: Asset, begin: datetime
) -> Iterator[ForcedClose]:
    part = FORCED_CLOSES.get(venue, 0.0)
    if not part:
        return
    closed = in_hour(scenario, asset, begin)
    weights = [_weight(venue, asset, begin, minute) for minute in range(_MINUTES)]
    for minute, weight in enumerate(weights):
        share = part * weight / math.fsum(weights)
        # Never two in the same second: some venues push only one order a second.
        second = int(weight * 1e6) % 28
        for side, usd, offset in (
            (PositionSide.LONG, closed.long_usd, 1),
            (PositionSide.SHORT, closed.short_usd, 31),
        ):
            at = begin + timedelta(minutes=minute, seconds=offset + second)
            number = int(at.timestamp())
            yield ForcedClose(number, at, side, usd * share, scenario.price(at, asset))


def _weight(venue: Venue, asset: Asset, begin: datetime, minute: int) -> float:
    """How much of an hour happens in one of its minutes: repeatable, mostly little."""
    seed = f"{venue}/{asset}/{begin.timestamp():.0f}/{minute}"
    return 0.05 + (zlib.crc32(seed.encode()) / 2**32) ** 3
