"""Clocks: the wall's, one that runs faster for a simulated market, and one told in a zone."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from alerts.domain.calendar import here


class Ticking(Protocol):
    """Any of them."""

    def now(self) -> datetime: ...


class WallClock:
    """The time of day."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Starts at `start` and runs `speed` times faster than life, by the monotonic clock."""

    start: datetime
    speed: float
    _origin: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.monotonic() - self._origin) * self.speed)


@dataclass(frozen=True, slots=True)
class LocalClock:
    """The same moments as another clock's, as told in a place."""

    clock: Ticking
    place: tzinfo

    def now(self) -> datetime:
        return here(self.clock.now(), self.place)
